// Every page: copying, keys, and search when it is asked for.
const { base, search } = document.documentElement.dataset;

for (const block of document.querySelectorAll(".code")) {
  const pre = block.querySelector("pre");
  const what = pre.getAttribute("aria-label");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const say = (word) => {
    button.textContent = word;
    button.setAttribute("aria-label", `${word}: ${what}`);
  };
  say("Copy");
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
      say("Copied");
    } catch {
      getSelection().selectAllChildren(pre);
      say("Selected");
    }
    setTimeout(() => say("Copy"), 2000);
  });
  block.append(button);
}

// The index is fetched when somebody is about to search, and once.
const boxes = document.querySelectorAll("form[role=search]");
const index = `${base}/search/index.json`;
for (const form of boxes) {
  const start = async () => (await import(search)).attach(form, index, base);
  if (form.classList.contains("filters")) start();
  else form.addEventListener("focusin", start, { once: true });
}

addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const input = document.querySelector("form[role=search] input[name=q]");
  if (!input) return;
  event.preventDefault();
  input.focus();
  input.select();
});

// A link to a rule shows all of it.
const open = () => {
  const details = location.hash.length > 1 && document.getElementById(location.hash.slice(1))?.querySelector("details");
  if (details) details.open = true;
};
addEventListener("hashchange", open);
open();

// Whoever came to an address that is none may have meant a name.
const guess = document.querySelector("[data-guess]");
if (guess) {
  const parts = location.pathname.split("/").filter((part) => part && part !== "servers" && part !== "index.html");
  const last = (parts.at(-1) ?? "").replace(/%[0-9a-f]{2}|\.html?$|[^\p{L}\p{N}]+/giu, " ").trim().slice(0, 60);
  if (last) {
    const link = guess.querySelector("a");
    link.href = `${guess.dataset.guess}?q=${encodeURIComponent(last)}`;
    link.textContent = `Search for “${last}”`;
  }
}
