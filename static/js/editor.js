/* The editors' screens: puts links and snippets where the cursor is, and adds rows for questions. Works without it, too. */
(function () {
  "use strict";

  const form = document.getElementById("editor");
  const body = form && form.elements.body;
  const touched = form && form.elements.touched;
  if (!form) return;

  // Only words that a person typed are worth keeping; the first look at the preview is none.
  form.addEventListener("input", function () { if (touched) touched.value = "1"; }, true);

  document.addEventListener("click", function (event) {
    const insert = event.target.closest("[data-insert]");
    if (insert && body) {
      const words = insert.dataset.insert;
      const chosen = body.value.slice(body.selectionStart, body.selectionEnd);
      const link = words.match(/^\[[^\]]*\](\(.*\))$/);
      body.focus();
      body.setRangeText(link && chosen ? "[" + chosen + "]" + link[1] : words, body.selectionStart, body.selectionEnd, "end");
      body.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (event.target.closest("[data-add-faq]")) {
      const total = form.elements["faq-TOTAL_FORMS"];
      const empty = document.getElementById("faq-empty");
      const row = empty.content.firstElementChild.cloneNode(true);
      row.querySelectorAll("[name], [id], [for], [aria-describedby]").forEach(function (element) {
        ["name", "id", "for", "aria-describedby"].forEach(function (name) {
          const value = element.getAttribute(name);
          if (value) element.setAttribute(name, value.replace("__prefix__", total.value));
        });
      });
      empty.before(row);
      total.value = String(Number(total.value) + 1);
      row.querySelector("input:not([type=hidden])").focus();
    }
  });

  document.querySelectorAll("[data-add-faq]").forEach(function (button) { button.hidden = false; });
})();
