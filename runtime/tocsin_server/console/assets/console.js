"use strict";
// Keys, news of the queue, copying. All else works without scripts.
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const rows = () => [...document.querySelectorAll(".queue tr[data-finding]")];
  const marked = () => one(".queue tr.at");
  let fresh = null;
  let waiting = 0;

  function mark(row) {
    marked()?.classList.remove("at");
    row.classList.add("at");
    row.scrollIntoView({ block: "nearest" });
    one("th a", row).focus({ preventScroll: true });
  }

  function move(step) {
    const all = rows();
    const at = all.indexOf(marked());
    const next = all[at < 0 ? 0 : at + step];
    if (next) mark(next);
    else if (step > 0 && at >= 0) one('.pager a[rel="next"]')?.click();
  }

  // A form outside of the table acts on the row that is marked.
  function aim(form, row) {
    form.action = form.dataset.action.replace("ID", row.dataset.finding);
    form.setAttribute("hx-post", form.action);
    form.elements.revision.value = row.dataset.revision;
    form.elements.back.value = location.pathname + location.search;
    htmx.process(form);
  }

  function judge() {
    const row = marked();
    const dialog = one("#judge");
    if (row && dialog) {
      aim(one("form", dialog), row);
      one("#judge-title").textContent = one("th a", row).textContent;
      dialog.showModal();
    } else one("#disposition input[type=radio]")?.focus();
  }

  function assign() {
    const row = marked();
    const form = one("#to-me");
    if (row && form) {
      aim(form, row);
      form.requestSubmit();
    } else one("#assign [data-to-me]")?.click();
  }

  const finding = () => one("article.finding");
  const neighbour = (rel) => one(`.local a[rel="${rel}"]`)?.click();
  const KEYS = {
    j: () => (finding() ? neighbour("next") : move(1)),
    k: () => (finding() ? neighbour("prev") : move(-1)),
    o: () => marked() && one("th a", marked()).click(),
    e: judge,
    a: assign,
    r: show,
    u: () => finding() && location.assign(finding().dataset.queue),
    "/": () => one("#text")?.focus(),
    "?": () => one("#keys")?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
    if (typing && event.key === "Escape") typing.blur();
    if (typing || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
    const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("focusin", (event) => {
    const row = event.target.closest(".queue tr[data-finding]");
    if (row && row !== marked()) {
      marked()?.classList.remove("at");
      row.classList.add("at");
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.shows) one(`#${button.dataset.shows}`).showModal();
    if (button && "closes" in button.dataset) button.closest("dialog").close();
    if (button?.dataset.copies) {
      navigator.clipboard.writeText(one(`#${button.dataset.copies}`).textContent).then(() => {
        button.textContent = "Copied";
      });
    }
    if (button?.id === "news") show();
  });

  // What the queue would be now: rows that are there are replaced, new ones are announced.
  async function look() {
    const queue = one("#queue");
    if (!queue || document.hidden) return;
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected || queue !== one("#queue")) return;
    fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let more = 0;
    for (const row of fresh.querySelectorAll(".queue tr[data-finding]")) {
      const old = document.getElementById(row.id);
      if (!old) more += 1;
      else if (!old.contains(document.activeElement) && !old.matches(".at")) old.replaceWith(row.cloneNode(true));
      else old.dataset.revision = row.dataset.revision;
    }
    const news = one("#news");
    news.hidden = more === 0;
    news.textContent = `Show ${more} new`;
  }

  function show() {
    if (!fresh || one("#news")?.hidden !== false) return;
    const at = marked()?.id;
    one("#queue").replaceWith(document.importNode(one("#queue", fresh), true));
    htmx.process(one("#queue"));
    fresh = null;
    const row = at && document.getElementById(at);
    if (row) row.classList.add("at");
  }

  function follow() {
    if (!one("#queue") || !window.EventSource) return;
    const source = new EventSource("/console/events");
    const soon = () => {
      clearTimeout(waiting);
      waiting = setTimeout(look, 400);
    };
    source.addEventListener("finding", soon);
    source.addEventListener("reset", soon);
    addEventListener("pagehide", () => source.close());
    addEventListener("pageshow", (event) => event.persisted && follow());
  }

  // Leaving the field asks for nothing new: what was typed is filtered already.
  document.addEventListener("change", (event) => event.target.id === "text" && event.stopPropagation(), true);
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "filter") return;
    for (const [name, value] of [...event.detail.formData.entries()]) {
      if (value === "" || (name === "state" && value === "open")) event.detail.formData.delete(name);
    }
  });
  let kept = null;
  document.addEventListener("htmx:beforeSwap", () => {
    kept = marked()?.rowIndex ?? null;
    one("dialog[open]")?.close();
  });
  document.addEventListener("htmx:afterSettle", () => {
    ready();
    const all = rows();
    if (kept !== null && all.length) mark(all[Math.min(kept, all.length) - 1]);
    kept = null;
  });

  function ready() {
    for (const each of document.querySelectorAll("[data-shows], [data-copies]")) each.hidden = false;
  }
  ready();
  follow();
})();
