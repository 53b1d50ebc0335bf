// The search: an index of words that is built as its shards arrive, and what shows its answers.

const TYPES = ["npm", "pypi", "oci", "nuget", "mcpb", "other"];
const SHOWN = ["npm", "PyPI", "OCI image", "NuGet", "MCP bundle", "other package"];
const REMOTE = 1 << TYPES.length;
const DEPRECATED = REMOTE << 1;
// What a hit weighs by where it is: title, name, namespace, packages and keywords, description.
const WEIGHTS = [10, 10, 4, 5, 2];

// Most texts are plain already, and there are many of them.
const isPlain = (text) => /^[\0-\x7f]*$/.test(text);
const plain = (text) => (isPlain(text) ? text : text.normalize("NFKD").replace(/\p{M}+/gu, "")).toLowerCase();
const split = (text) => plain(text).match(isPlain(text) ? /[a-z0-9]+/g : /[\p{L}\p{N}]+/gu) ?? [];
// Also the parts of `ShelfList`, which is one word to whoever types it.
const parts = (text) => {
  const apart = text.replace(/(\p{Ll}|\p{N})(?=\p{Lu})/gu, "$1 ");
  return apart === text ? split(text) : [...split(text), ...split(apart)];
};

// More than any registry has.
const RANKS = 2 ** 20;

// Which letters a word has: a bit each.
function letters(word) {
  let mask = 0;
  for (let at = 0; at < word.length; at++) mask |= 1 << (word.charCodeAt(at) & 31);
  return mask;
}

function bits(mask) {
  let count = 0;
  for (; mask; mask &= mask - 1) count++;
  return count;
}

// How many slips turn `typed` into the beginning of `word`: letters missing, added, wrong or swapped; more than `most` count as one more.
const rows = [new Uint8Array(64), new Uint8Array(64), new Uint8Array(64)];
export function slips(typed, word, most) {
  const width = Math.min(word.length, typed.length + most, 63);
  let [two, one, now] = rows;
  for (let at = 0; at <= width; at++) one[at] = at;
  for (let row = 1; row <= typed.length; row++) {
    now[0] = row;
    let least = row;
    for (let at = 1; at <= width; at++) {
      const same = typed[row - 1] === word[at - 1];
      let cost = Math.min(one[at] + 1, now[at - 1] + 1, one[at - 1] + (same ? 0 : 1));
      if (row > 1 && at > 1 && typed[row - 1] === word[at - 2] && typed[row - 2] === word[at - 1]) cost = Math.min(cost, two[at - 2] + 1);
      now[at] = cost;
      if (cost < least) least = cost;
    }
    if (least > most) return most + 1;
    [two, one, now] = [one, now, two];
  }
  let least = most + 1;
  for (let at = Math.max(1, typed.length - most); at <= width; at++) least = Math.min(least, one[at]);
  return least;
}

export class Index {
  docs = [];
  #words = new Map();
  #list = [];
  #ranked = [];

  // One shard: columns of equal length.
  add(shard) {
    shard.name.forEach((name, at) => {
      const slash = name.indexOf("/");
      const doc = {
        name, title: shard.title[at] || name.slice(slash + 1), description: shard.description[at],
        flags: shard.flags[at], updated: shard.updated[at], namespace: name.slice(0, slash).toLowerCase(),
      };
      doc.plain = plain(doc.title);
      const id = this.docs.push(doc) - 1;
      this.#put(id, 0, parts(doc.title));
      this.#put(id, 1, parts(name.slice(slash + 1)));
      this.#put(id, 2, split(name.slice(0, slash)));
      this.#put(id, 3, parts(shard.words[at]));
      this.#put(id, 4, split(doc.description));
    });
  }

  // Once every shard is there: servers of equal worth come in the order of their names.
  finish() {
    this.#ranked = [...this.docs].sort((one, two) => (one.name < two.name ? -1 : 1));
    this.#ranked.forEach((doc, rank) => { doc.rank = rank; });
  }

  #put(id, field, words) {
    for (const word of words) {
      let entry = this.#words.get(word);
      if (!entry) {
        this.#words.set(word, entry = { word, mask: letters(word), hits: [] });
        this.#list.push(entry);
      }
      const hit = id * 8 + field;
      if (entry.hits.at(-1) !== hit) entry.hits.push(hit);
    }
  }

  // The best that each server has for one word: exact, as a beginning, inside, or with slips.
  #best(typed) {
    const best = new Float32Array(this.docs.length);
    const most = typed.length >= 8 ? 2 : typed.length >= 4 ? 1 : 0;
    const mask = letters(typed);
    for (const { word, mask: has, hits } of this.#list) {
      const missing = bits(mask & ~has);
      if (missing > most) continue;
      let worth = 0;
      if (missing === 0 && word.startsWith(typed)) worth = word.length === typed.length ? 1 : 0.5 + 0.4 * typed.length / word.length;
      else if (missing === 0 && typed.length > 2 && word.includes(typed)) worth = 0.35;
      else if (most && word.length >= typed.length - most) {
        const count = slips(typed, word, most);
        if (count <= most) worth = 0.3 / count;
      }
      if (!worth) continue;
      for (const hit of hits) {
        const value = worth * WEIGHTS[hit & 7];
        if (value > best[hit >> 3]) best[hit >> 3] = value;
      }
    }
    return best;
  }

  // Servers that match every word and filter, best first; without words, the last updated first.
  find(query, filters = {}) {
    const words = [...new Set(split(query))].slice(0, 8);
    const scores = new Float32Array(this.docs.length);
    words.forEach((word, turn) => {
      const best = this.#best(word);
      for (let id = 0; id < best.length; id++) scores[id] = best[id] && (turn === 0 || scores[id]) ? scores[id] + best[id] : 0;
    });
    const whole = plain(query.trim());
    // Numbers sort faster than objects: worth in thousandths above, rank below.
    const found = new Float64Array(this.docs.length);
    let count = 0;
    this.docs.forEach((doc, id) => {
      if ((words.length && !scores[id]) || !passes(doc, filters)) return;
      let score = scores[id];
      if (words.length && doc.plain === whole) score += 20;
      else if (words.length && doc.plain.startsWith(whole)) score += 4;
      if (doc.flags & DEPRECATED) score /= 2;
      found[count++] = Math.round(1000 * (words.length ? score : doc.updated)) * RANKS + RANKS - 1 - doc.rank;
    });
    return Array.from(found.subarray(0, count).sort().reverse(), (key) => this.#ranked[RANKS - 1 - (key % RANKS)]);
  }
}

function passes(doc, { type, runs, status, namespace, since }) {
  if (type && !(doc.flags & (1 << TYPES.indexOf(type)))) return false;
  if (runs === "remote" && !(doc.flags & REMOTE)) return false;
  if (runs === "local" && !(doc.flags & (REMOTE - 1))) return false;
  if (status && (status === "deprecated") !== Boolean(doc.flags & DEPRECATED)) return false;
  if (namespace && !doc.namespace.includes(namespace.trim().toLowerCase())) return false;
  return !(since > doc.updated);
}

// Fetched once a visit; each shard is indexed as it arrives, so that the page answers in between.
let loading;
export function load(root, base) {
  return loading ??= (async () => {
    const get = async (address) => {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
      return answer.json();
    };
    const { shards } = await get(root);
    const index = new Index();
    await Promise.all(shards.map(async (digest) => index.add(await get(`${base}/assets/search.${digest}.json`))));
    index.finish();
    return index;
  })().catch((error) => {
    loading = undefined;
    throw error;
  });
}

function make(tag, content, members = {}) {
  const element = Object.assign(document.createElement(tag), members);
  element.append(...[content].flat());
  return element;
}

const address = (base, doc) => `${base}/servers/${doc.name}/`;
const day = (days) => new Date(days * 864e5);

// Arrows move between the box and the links below it.
function keys(form, input, links) {
  form.addEventListener("keydown", move);
  function move(event) {
    const all = links();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !all.length) return;
    const at = all.indexOf(document.activeElement);
    if (at < 0 && document.activeElement !== input) return;
    event.preventDefault();
    const next = at + step;
    if (next < 0) input.focus();
    else all[Math.min(next, all.length - 1)].focus();
  }
  return move;
}

export function attach(form, root, base) {
  (form.classList.contains("filters") ? page : panel)(form, root, base);
}

// Under a box in any page: the best few, and the way to all.
function panel(form, root, base) {
  const input = form.querySelector("input");
  const finds = make("div", [], { className: "finds", hidden: true });
  form.append(finds);
  keys(form, input, () => [...finds.querySelectorAll("a")]);
  const close = () => { finds.hidden = true; };
  let turn = 0;
  const show = async () => {
    const query = input.value.trim();
    const mine = ++turn;
    if (!query) return close();
    let content;
    try {
      const hits = (await load(root, base)).find(query);
      const line = (doc) => make("a", [
        make("b", doc.title), make("small", [doc.name, doc.description && ` · ${doc.description}`].filter(Boolean)),
      ], { href: address(base, doc) });
      content = hits.slice(0, 7).map(line);
      if (hits.length > 7) content.push(make("a", `All ${hits.length.toLocaleString("en")} results`, { href: `${base}/search/?q=${encodeURIComponent(query)}` }));
      if (!hits.length) content.push(make("p", "No server matches."));
    } catch {
      content = [make("p", "The search index cannot be reached just now.")];
    }
    if (mine !== turn) return;
    finds.replaceChildren(...content);
    finds.hidden = false;
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || finds.hidden) return;
    event.preventDefault();
    input.focus();
    close();
  });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) close(); });
  load(root, base).then(show, () => {});
}

// The search page: every answer, filters, and the state in the address.
const PAGE = 30;
function page(form, root, base) {
  const input = form.elements.q;
  const [found, results, more, clear] = ["found", "results", "more", "clear"].map((id) => document.getElementById(id));
  const fields = [...form.elements].filter((field) => field.name);
  let hits = [];
  let index;

  const restore = () => {
    const state = new URLSearchParams(location.search);
    for (const field of fields) field.value = state.get(field.name) ?? "";
  };
  const state = () => {
    const set = new URLSearchParams(fields.filter((field) => field.value.trim()).map((field) => [field.name, field.value.trim()]));
    return location.pathname + (set.size ? `?${set}` : "");
  };
  const entry = (doc) => {
    let sum = 0;
    for (const letter of doc.name) sum = (sum * 31 + letter.charCodeAt(0)) % 8191;
    const sign = make("span", (doc.title.match(/[\p{L}\p{N}]/u)?.[0] ?? "·").toUpperCase(), { className: `sign tint-${sum % 8}` });
    sign.setAttribute("aria-hidden", "true");
    const labels = SHOWN.filter((_, at) => doc.flags & (1 << at)).concat(doc.flags & REMOTE ? "remote" : []);
    const meta = make("p", labels.map((text) => make("span", text, { className: "label" })), { className: "meta" });
    if (doc.flags & DEPRECATED) meta.prepend(make("span", "deprecated", { className: "label warn" }));
    const date = day(doc.updated);
    meta.append(make("time", date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }), { dateTime: date.toISOString().slice(0, 10) }));
    const what = make("div", [
      make("a", make("bdi", doc.title), { href: address(base, doc), className: "to" }),
      make("span", doc.name, { className: "name" }), make("p", doc.description, { dir: "auto" }), meta,
    ], { className: "what" });
    return make("li", [sign, what], { className: "entry" });
  };
  const extend = () => {
    const shown = results.childElementCount;
    results.append(...hits.slice(shown, shown + PAGE).map(entry));
    more.hidden = results.childElementCount >= hits.length;
  };
  const run = () => {
    if (!index) return;
    const filters = Object.fromEntries(fields.map((field) => [field.name, field.value]));
    filters.since = filters.since ? Date.parse(filters.since) / 864e5 : undefined;
    hits = index.find(input.value, filters);
    results.replaceChildren();
    extend();
    clear.hidden = !fields.some((field) => field !== input && field.value.trim());
    const count = `${hits.length.toLocaleString("en")} ${hits.length === 1 ? "server" : "servers"}`;
    found.textContent = hits.length ? count : clear.hidden ? "No server matches. Try fewer words." : "No server matches.";
  };

  const links = () => [...results.querySelectorAll("a.to")];
  results.addEventListener("keydown", keys(form, input, links));
  form.addEventListener("input", (event) => {
    if (event.target === input) history.replaceState(null, "", state());
    run();
  });
  form.addEventListener("change", () => { if (state() !== location.pathname + location.search) history.pushState(null, "", state()); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const field of fields) if (field !== input) field.value = "";
    history.pushState(null, "", state());
    run();
    input.focus();
  });
  input.addEventListener("keydown", (event) => { if (event.key === "Enter") links()[0]?.focus(); });
  more.addEventListener("click", () => {
    const at = results.childElementCount;
    extend();
    links()[at]?.focus();
  });
  addEventListener("popstate", () => { restore(); run(); });
  restore();
  if (!location.search) input.focus();
  found.textContent = "Fetching the index…";
  load(root, base).then((loaded) => { index = loaded; run(); }, () => { found.textContent = "The search index cannot be reached just now."; });
}
