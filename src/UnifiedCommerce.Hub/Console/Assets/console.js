// Refreshes what is marked, so that a page left open tells the truth. Nothing runs while nobody looks.
const root = document.documentElement;
try { if (localStorage.theme) root.dataset.theme = localStorage.theme; } catch { /* storage may be forbidden: the system's theme stays */ }

const narrow = matchMedia("(max-width: 860px)");
const menu = document.querySelector(".menu");
const fold = () => { if (menu) menu.open = !narrow.matches; };
narrow.addEventListener("change", fold);
fold();

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try { localStorage.theme = root.dataset.theme; } catch { /* lasts for this page only */ }
  }
  const all = event.target.closest("[data-check-all]");
  if (all) for (const box of document.querySelectorAll(`input[type=checkbox][name="${all.dataset.checkAll}"]`)) box.checked = all.checked;
});

document.addEventListener("keydown", (event) => {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.getElementById("q")?.focus();
  }
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.ask;
  if (question && !confirm(question)) { event.preventDefault(); return; }
  // One click is one action.
  if (event.target.method === "post") for (const button of event.target.querySelectorAll("button")) setTimeout(() => { button.disabled = true; });
});

const part = document.querySelector("[data-refresh]");
if (part) {
  const every = Math.max(2, Number(part.dataset.refresh)) * 1000;
  let timer = 0;
  const busy = () => part.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)
    || part.querySelector("input[type=checkbox]:checked") || String(getSelection()).length > 0;
  // Whoever walks with the keyboard stays where they are when fresh rows come: on the link or button of the same name.
  const focusables = () => [...part.querySelectorAll("a[href], button, summary, [tabindex]")];
  const sameAs = (each) => `${each.tagName} ${each.id} ${each.getAttribute("href") ?? ""} ${each.getAttribute("aria-label") ?? ""} ${each.matches("[tabindex]") ? "" : each.textContent}`;
  const nth = (at, all = focusables()) => all.slice(0, at).filter((each) => sameAs(each) === sameAs(all[at])).length;
  const placeOf = (each) => { const at = focusables().indexOf(each); return at < 0 ? null : { name: sameAs(each), index: nth(at) }; };
  const refresh = async () => {
    timer = 0;
    if (document.hidden) return;
    try {
      if (!busy()) {
        const answer = await fetch(location.href, { headers: { "X-Refresh": "1" }, redirect: "error" });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
          const opened = new Set([...part.querySelectorAll("details[open][id]")].map((each) => each.id));
          const place = placeOf(document.activeElement);
          if (fresh && fresh.innerHTML !== part.innerHTML) {
            part.replaceChildren(...fresh.childNodes);
            for (const id of opened) { const each = document.getElementById(id); if (each) each.open = true; }
            if (place) focusables()[focusables().findIndex((each, index) => sameAs(each) === place.name && nth(index) === place.index)]?.focus({ preventScroll: true });
          }
        }
      }
    } catch { /* the hub is away for a moment: the next round tells */ }
    plan();
  };
  const plan = () => { if (!timer && !document.hidden) timer = setTimeout(refresh, every); };
  document.addEventListener("visibilitychange", () => { clearTimeout(timer); timer = 0; if (!document.hidden) refresh(); });
  plan();
}
