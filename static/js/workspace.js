/* The agents' ticket screen: words go in where the cursor stands, drafts keep themselves, single keys lead to places.
   Everything works without it; the links and buttons are there anyway. */
(function () {
  "use strict";

  /* --- A change of many tickets goes on by itself, batch by batch */
  const goOn = document.querySelector("form[data-go-on]");
  if (goOn) goOn.submit();

  const screen = document.querySelector(".workspace");
  const reply = document.getElementById("reply");
  if (!screen || !reply) return;
  const words = screen.dataset;

  /* --- Insert at the cursor */
  screen.addEventListener("click", function (event) {
    const link = event.target.closest("[data-insert]");
    if (!link) return;
    event.preventDefault();
    const field = reply.querySelector("textarea");
    field.focus();
    const gap = /\S$/.test(field.value.slice(0, field.selectionStart)) ? " " : "";
    field.setRangeText(gap + link.dataset.insert, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    if (link.dataset.canned) {
      const used = document.createElement("input");
      Object.assign(used, { type: "hidden", name: "canned", value: link.dataset.canned });
      reply.append(used);
    }
    const then = link.dataset.then && reply.querySelector('[name="then"][value="' + CSS.escape(link.dataset.then) + '"]');
    if (then) then.checked = true;
  });

  /* --- Drafts: a second after the last key */
  document.querySelectorAll("form[data-draft]").forEach(function (form) {
    const field = form.querySelector("textarea");
    const state = form.querySelector("[data-draft-state]");
    let timer = 0;
    field.addEventListener("input", function () {
      window.clearTimeout(timer);
      state.textContent = "";
      timer = window.setTimeout(function () {
        const data = new FormData(form);
        data.delete("files");
        window.fetch(form.dataset.draft, { method: "POST", body: data, headers: { "X-Draft": "1" } }).then(
          function (answer) { state.textContent = answer.ok && !answer.redirected ? words.sayKept : words.sayNotKept; },
          function () { state.textContent = words.sayNotKept; }
        );
      }, 1000);
    });
    form.addEventListener("submit", function () { window.clearTimeout(timer); });
  });

  /* --- Keys, which can be switched off: who dictates would press them with every word. */
  const button = document.getElementById("keys-switch");
  function off() { return window.localStorage.getItem("keys") === "off"; }
  function show() { button.textContent = off() ? button.dataset.on : button.dataset.off; }
  button.hidden = false;
  show();
  button.addEventListener("click", function () {
    window.localStorage.setItem("keys", off() ? "on" : "off");
    show();
  });

  function open(id) {
    const part = document.getElementById(id);
    part.open = true;
    part.scrollIntoView({ block: "nearest" });
    part.querySelector("summary").focus();
  }

  const keys = {
    r: function () { reply.querySelector("textarea").focus(); },
    n: function () { document.querySelector("#note textarea").focus(); },
    p: function () { open("prepared"); },
    t: function () { const take = document.getElementById("take"); if (take) take.focus(); },
    "?": function () { open("keys"); }
  };
  document.addEventListener("keydown", function (event) {
    if (off() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
