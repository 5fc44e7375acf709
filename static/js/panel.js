/* What pages need beyond HTML and htmx. Every page works without it; no other script may be written into a page. */
(function () {
  "use strict";

  const words = document.body.dataset;
  const live = document.getElementById("live");
  const bar = document.getElementById("connection");

  function say(text) {
    // Emptied first: a screen reader keeps silent where a region gets the words that it already has.
    live.textContent = "";
    window.setTimeout(function () { live.textContent = text; }, 50);
  }

  /* --- Polling rests while the page is hidden. htmx's own [visible] filters need eval, which the policy forbids. */
  const resting = new Set();

  function polls(element) {
    return (element.getAttribute("hx-trigger") || "").includes("every");
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    const element = event.detail.elt;
    if (document.hidden && polls(element)) {
      event.preventDefault();
      resting.add(element);
    }
  });

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) return;
    resting.forEach(function (element) {
      if (element.isConnected) window.htmx.ajax("GET", element.getAttribute("hx-get"), { source: element });
    });
    resting.clear();
  });

  /* --- Only a change is announced: <p id="…" data-announce="In Progress, 300 of 1,000 delivered">. */
  const announced = new Map();

  function read(aloud) {
    const fresh = [];
    document.querySelectorAll("[data-announce]").forEach(function (element) {
      const text = element.dataset.announce;
      if (announced.get(element.id) !== text) {
        announced.set(element.id, text);
        if (text) fresh.push(text);
      }
    });
    if (aloud && fresh.length) say(fresh.join(" "));
  }

  /* --- A swap never throws the focus back to the top of the page, and takes no words that were typed since it was asked for. */
  let focused = null, typed = [];
  const asked = new WeakMap();

  function wordsIn(part) {
    return new Map(Array.from(part.querySelectorAll("input[type=text][name], textarea[name]")).map(function (field) {
      return [field.name, field.value];
    }));
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    asked.set(event.detail.xhr, wordsIn(event.detail.target));
  });

  document.addEventListener("htmx:beforeSwap", function (event) {
    const element = document.activeElement, before = asked.get(event.detail.xhr);
    typed = Array.from(wordsIn(event.detail.target)).filter(function (pair) {
      return before && before.has(pair[0]) && before.get(pair[0]) !== pair[1];
    });
    focused = element && event.detail.target.contains(element)
      ? { id: element.id, name: element.getAttribute("name"), href: element.getAttribute("href"), target: event.detail.target.id }
      : null;
  });

  function find(attribute, value) {
    return value ? document.querySelector("[" + attribute + '="' + CSS.escape(value) + '"]') : null;
  }

  function focus(element) {
    if (!element.matches("a[href], button, input, select, textarea, summary")) element.setAttribute("tabindex", "-1");
    element.focus({ preventScroll: true });
  }

  document.addEventListener("htmx:afterSwap", function (event) {
    typed.forEach(function (pair) {
      const field = event.detail.target.querySelector('[name="' + CSS.escape(pair[0]) + '"]');
      if (field) field.value = pair[1];
    });
    typed = [];
  });

  document.addEventListener("htmx:afterSettle", function (event) {
    read(true);
    prepare();
    const refused = event.detail.xhr && event.detail.xhr.status === 422 && document.querySelector(".error-summary");
    if (refused && event.detail.requestConfig.verb !== "get") {
      refused.focus();
    } else if (focused && document.activeElement === document.body) {
      focus(find("id", focused.id) || find("name", focused.name) || find("href", focused.href) ||
        find("id", focused.target) || document.getElementById("main"));
    }
    focused = null;
  });

  /* --- <form data-once>: a second press sends nothing more; the button says that the first one is at work. */
  function free(form) {
    delete form.dataset.busy;
    form.querySelectorAll("[data-label]").forEach(function (button) {
      button.textContent = button.dataset.label;
      button.removeAttribute("aria-disabled");
      delete button.dataset.label;
    });
  }

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("form[data-once]")) return;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.busy = "yes";
    const button = event.submitter;
    if (!button || button.tagName !== "BUTTON") return;
    button.dataset.label = button.textContent;
    // Not "disabled": that would drop the button's own value and the focus.
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.working || words.sayWorking;
    say(button.textContent);
  }, true);

  document.addEventListener("htmx:afterRequest", function (event) {
    const form = event.detail.elt.closest("form[data-once]");
    if (form) free(form);
  });

  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-busy]").forEach(free);
  });

  /* --- The connection: what is lost and that it is back are both said, once. */
  function warn(text) {
    if (!bar.hidden && bar.textContent === text) return;
    bar.textContent = text;
    bar.hidden = false;
    say(text);
  }

  function recover() {
    if (bar.hidden) return;
    bar.hidden = true;
    say(words.sayBack);
  }

  ["htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function () { warn(words.sayLost); });
  });
  document.addEventListener("htmx:responseError", function (event) {
    warn(polls(event.detail.elt) ? words.sayLost : words.sayFailed);
  });
  document.addEventListener("htmx:afterOnLoad", function (event) {
    if (event.detail.xhr.status < 400) recover();
  });
  window.addEventListener("offline", function () { warn(words.sayLost); });
  window.addEventListener("online", recover);

  /* --- <button type="button" data-copy="#key" hidden>: shown where there is a script to serve it. */
  function prepare() {
    document.querySelectorAll("[data-copy][hidden]").forEach(function (button) { button.hidden = false; });
  }

  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-copy]");
    if (button) {
      const source = document.querySelector(button.dataset.copy);
      const done = function () {
        say(words.sayCopied);
        const word = button.querySelector("span") || button;
        if (word.textContent === words.sayCopied) return;
        const label = word.textContent;
        word.textContent = words.sayCopied;
        window.setTimeout(function () { word.textContent = label; }, 2000);
      };
      const byHand = function () { window.getSelection().selectAllChildren(source); };
      if (navigator.clipboard) navigator.clipboard.writeText((source.value || source.textContent).trim()).then(done, byHand);
      else byHand();
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  /* --- A passkey's prompt that ended without one: allauth only logs it, we say so beside the button. */
  document.addEventListener("allauth.error", function (event) {
    const note = document.querySelector("[data-passkey-not-used]");
    if (!note || !event.detail.tags.includes("webauthn")) return;
    event.preventDefault();
    note.hidden = false;
    say(note.textContent.trim());
  });

  document.addEventListener("keydown", function (event) {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  read(false);
  prepare();
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  /* --- <form data-keep="whose number">: what somebody writes outlives their session. The tab keeps what was written last, and
     puts it back into the same page's empty fields once that person has signed in again. Never passwords or files.
     It stands last: a browser that refuses to keep anything throws here. */
  const KEPT = "kept";

  function kept() { return JSON.parse(window.sessionStorage.getItem(KEPT)); }
  function keep(record) { window.sessionStorage.setItem(KEPT, JSON.stringify(record)); }
  function forget() { window.sessionStorage.removeItem(KEPT); }
  function stands(record, form) {
    return record && record.whose === form.dataset.keep && record.where === window.location.pathname + window.location.search;
  }

  function written(form) {
    return Array.from(form.elements).filter(function (field) {
      return /^(text|url|number|date|textarea|select-one)$/.test(field.type);
    });
  }

  function keepWords(form, sent) {
    const before = stands(kept(), form) ? kept() : { words: {} };
    written(form).forEach(function (field) { before.words[field.name] = field.value; });
    keep(Object.assign(before, {
      whose: form.dataset.keep, where: window.location.pathname + window.location.search, sent: sent
    }));
  }

  function putBack() {
    const record = kept();
    document.querySelectorAll("form[data-keep]").forEach(function (form) {
      if (!stands(record, form) || !record.lost) return;
      written(form).forEach(function (field) {
        const word = record.words[field.name];
        if (!word || field.value) return;
        field.value = word;
        // A choice that is not offered any more.
        if (!field.value && field.options) field.selectedIndex = 0;
        field.dispatchEvent(new Event(field.options ? "change" : "input", { bubbles: true }));
      });
    });
  }

  /* What was sent is forgotten with the next page, unless that one only asks to sign in, tells of a failure, or is a step back
     from one. A refused form (422) brings its words itself. */
  function judge() {
    const record = kept(), came = window.performance.getEntriesByType("navigation")[0];
    if (!record) return;
    const failed = came.type === "back_forward" || (came.responseStatus >= 400 && came.responseStatus !== 422);
    const others = document.querySelector("form[data-keep]:not([data-keep='" + CSS.escape(record.whose) + "'])");
    if (window.location.pathname.startsWith("/accounts/login/") || (record.sent && failed)) {
      keep(Object.assign(record, { sent: false, lost: true }));
    } else if (record.sent || others) forget();
  }

  document.addEventListener("input", function (event) {
    const form = event.target.form;
    if (form && form.matches("[data-keep]")) keepWords(form, false);
  });
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-keep]")) keepWords(event.target, true);
    else if (event.target.matches("[action$='/logout/']")) forget();
  });
  judge();
  document.addEventListener("DOMContentLoaded", putBack);
  document.addEventListener("htmx:afterSettle", putBack);
})();
