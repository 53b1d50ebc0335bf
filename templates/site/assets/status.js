// The publication that a reader sees: what the pointer says, how old it is, and how much it points to.
const place = document.getElementById("published");
const said = document.getElementById("checked");
const list = document.getElementById("pointer");

function add(name, text) {
  const row = document.createElement("div");
  const [term, value] = ["dt", "dd"].map((tag) => document.createElement(tag));
  term.textContent = name;
  value.textContent = text;
  row.append(term, value);
  list.append(row);
}

function since(moment) {
  const units = [["day", 864e5], ["hour", 36e5], ["minute", 6e4]];
  const away = moment - Date.now();
  const [unit, length] = units.find(([, length]) => Math.abs(away) >= length) ?? units[2];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(away / length), unit);
}

const compact = (count) => new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 }).format(count);

async function read() {
  const answer = await fetch(place.dataset.checkpoint, { cache: "no-cache" });
  if (!answer.ok) throw new Error("this site has no signed pointer, since it was built but not published");
  const [first, , publication, root, ...rest] = (await answer.text()).split("\n");
  if (first !== "gazette checkpoint v1") throw new Error("the pointer has a form that this page does not know");
  const members = new Map(rest.filter((line) => /^[a-z]+ \S/.test(line)).map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]));
  add("Publication", Number(publication).toLocaleString("en"));
  for (const [key, name] of [["time", "Published"], ["expires", "Expires"]]) {
    const moment = Date.parse(members.get(key));
    if (!Number.isNaN(moment)) add(name, `${new Date(moment).toLocaleString("en-GB", { timeZone: "UTC" })} UTC, ${since(moment)}`);
  }
  if (Date.parse(members.get("expires")) < Date.now()) said.textContent = "This publication has expired: readers that check refuse it.";
  else said.textContent = "Read by your browser just now; its signature is for programs to check.";
  list.hidden = false;
  const digest = Array.from(atob(root), (letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  const manifest = await fetch(`${place.dataset.manifest}${digest}.json`);
  if (!manifest.ok) return;
  const { documents, bytes } = await manifest.json();
  add("Documents", documents.toLocaleString("en"));
  add("Size", `${compact(bytes)} bytes`);
}

read().catch((error) => { said.textContent = `Not known: ${error.message}.`; });
