// What every page of the console keeps to, asked of the page as the browser shows it. Returns one sentence for each breach.
() => {
  const found = [];
  const breach = (rule, text) => found.push(`${rule}: ${text}`);
  const shown = (each) => each.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) && each.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
  const named = (each) => `<${each.tagName.toLowerCase()}${each.id ? ` id=${each.id}` : each.name ? ` name=${each.name}` : each.className ? ` class="${each.className}"` : ""}> ${(each.textContent ?? "").trim().replace(/\s+/g, " ").slice(0, 50)}`;
  const labelled = (each) => (each.getAttribute("aria-label") ?? "").trim()
    || (each.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();

  // One heading, a title, a language, landmarks.
  if (document.querySelectorAll("h1").length !== 1) breach("heading", `expected one h1, found ${document.querySelectorAll("h1").length}`);
  if (!/^\S.* · UnifiedCommerce$/.test(document.title)) breach("title", `expected what the page shows and the product, found "${document.title}"`);
  if (!document.documentElement.lang) breach("language", "the page does not say its language");
  for (const landmark of ["main", "header", "nav"]) if (document.querySelectorAll(landmark === "nav" ? "nav[aria-label]" : landmark).length === 0) breach("landmark", `there is no ${landmark}`);
  if (document.querySelectorAll("main").length > 1) breach("landmark", "there is more than one main");
  let depth = 1;
  for (const heading of document.querySelectorAll("main h1, main h2, main h3, main h4")) {
    const level = Number(heading.tagName[1]);
    if (level > depth + 1) breach("heading", `level ${level} after level ${depth}: ${named(heading)}`);
    depth = level;
  }

  // Tables say what they hold and which cells are headings.
  for (const table of document.querySelectorAll("table")) {
    if (!labelled(table) && !table.caption?.textContent.trim()) breach("caption", `a table has neither caption nor label: ${named(table)}`);
    for (const cell of table.querySelectorAll("th")) {
      if (!/^(col|row|colgroup|rowgroup)$/.test(cell.getAttribute("scope") ?? "")) breach("scope", `a heading of a table has no scope: ${named(cell)}`);
      if (!cell.textContent.trim() && !cell.querySelector("[aria-label]")) breach("scope", `a heading of the table "${labelled(table) || table.caption?.textContent}" is empty`);
    }
    const numbers = [...(table.tHead?.rows[0]?.cells ?? [])].map((cell) => cell.classList.contains("n"));
    for (const row of table.tBodies[0]?.rows ?? []) {
      [...row.cells].forEach((cell, index) => {
        if (row.cells.length === numbers.length && /^[−-]?[\d\u202f]+([.,]\d+)?( [A-Z]{3})?$/.test(cell.textContent.trim()) && !/end|right/.test(getComputedStyle(cell).textAlign) && !cell.querySelector("a")) {
          breach("numbers", `a number is not aligned right: ${named(cell)}`);
        }
      });
    }
  }

  // Fields, buttons, links and pictures have names; errors are tied to their field.
  for (const field of all("input:not([type=hidden]), select, textarea")) {
    if (!labelled(field) && ![...(field.labels ?? [])].some((label) => label.textContent.trim())) breach("label", `a field has no label: ${named(field)}`);
  }
  for (const each of all("button, a[href], summary")) if (!labelled(each) && !each.textContent.trim() && !each.title) breach("label", `nothing says what this does: ${named(each)}`);
  for (const picture of document.querySelectorAll("svg, img")) {
    if (picture.getAttribute("aria-hidden") !== "true" && !labelled(picture) && !picture.getAttribute("alt")) breach("label", `a picture has no name: ${named(picture.parentElement)}`);
  }
  for (const each of document.querySelectorAll("[aria-describedby], [aria-labelledby]")) {
    for (const id of `${each.getAttribute("aria-describedby") ?? ""} ${each.getAttribute("aria-labelledby") ?? ""}`.trim().split(/\s+/)) if (!document.getElementById(id)) breach("label", `${named(each)} names ${id}, which is not there`);
  }
  for (const field of document.querySelectorAll("[aria-invalid=true]")) if (!field.getAttribute("aria-describedby")) breach("error", `a refused field does not say why: ${named(field)}`);
  for (const notice of document.querySelectorAll(".notice")) if (!/^(status|alert)$/.test(notice.getAttribute("role") ?? "")) breach("status", `a notice is not announced: ${named(notice)}`);
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) breach("id", `${id} is used more than once`);

  // The keyboard: the order of the page is the order of Tab, and what scrolls can be scrolled.
  for (const each of document.querySelectorAll("[tabindex]")) if (each.tabIndex > 0) breach("tabindex", `${named(each)} takes the ${each.tabIndex}. place out of order`);
  for (const each of document.querySelectorAll("[onclick], [data-href]")) if (!each.matches("a, button, input, select, summary")) breach("keyboard", `only the mouse reaches ${named(each)}`);
  for (const each of all("main *")) {
    const style = getComputedStyle(each);
    const scrolls = (/auto|scroll/.test(style.overflowX) && each.scrollWidth > each.clientWidth + 1) || (/auto|scroll/.test(style.overflowY) && each.scrollHeight > each.clientHeight + 1);
    if (scrolls && each.tabIndex < 0 && !each.matches("textarea, select, input")) breach("keyboard", `the keyboard cannot scroll ${named(each)}`);
    if (scrolls && each.tabIndex >= 0 && !labelled(each)) breach("keyboard", `what scrolls has no name: ${named(each)}`);
  }

  // Nothing is cut, nothing is wider than the screen.
  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (excess > 0) {
    const wide = all("body *").filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !each.closest(".table, pre, .explained, .card > table"));
    breach("width", `${excess} pixels wider than the screen: ${wide.slice(0, 2).map(named).join("; ")}`);
  }
  for (const each of all("main *")) {
    const style = getComputedStyle(each);
    if (style.overflowX === "hidden" && each.scrollWidth > each.clientWidth + 1 && !each.matches("svg, .bar, .hidden") && each.textContent.trim()) breach("cut", named(each));
  }
  for (const each of all("main th, main td, main dd, main dt, main p, main li, main .tile span, main .tile b")) {
    if (each.scrollWidth > each.clientWidth + 2 && getComputedStyle(each).overflowX === "visible" && getComputedStyle(each).display !== "inline") breach("cut", `text leaves its place: ${named(each)}`);
  }

  // Contrast of every text with what lies behind it, as WCAG 2.2 computes it; a disabled button may be pale.
  const colour = (text) => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
  const over = (top, under) => ({ r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a), b: top.b * top.a + under.b * (1 - top.a), a: 1 });
  const light = ({ r, g, b }) => { const [x, y, z] = [r, g, b].map((part) => { const c = part / 255; return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const behind = (each) => {
    const layers = [];
    for (let at = each; at; at = at.parentElement) { const layer = colour(getComputedStyle(at).backgroundColor); if (layer.a > 0) layers.push(layer); if (layer.a === 1) break; }
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const told = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const each = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !each || !shown(each) || each.closest("script, style, title, .hidden, .skip, option, :disabled")) continue;
    const style = getComputedStyle(each);
    const ground = behind(each);
    const drawn = each.closest("svg") ? style.fill : style.color;
    const text = over(colour(drawn), ground);
    const [more, less] = [light(text), light(ground)].sort((a, b) => b - a);
    const ratio = (more + 0.05) / (less + 0.05);
    const key = `${drawn} on ${ground.r},${ground.g},${ground.b}`;
    if (ratio < 4.5 && !told.has(key)) { told.add(key); breach("contrast", `${ratio.toFixed(2)} (${key}): ${named(each)}`); }
  }
  return [...new Set(found)];
}
