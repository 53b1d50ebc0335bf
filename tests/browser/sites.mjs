// The sites under test, served on loopback as a plain host of files would, and a browser to read them with.
import { createServer } from "node:http";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { chromium } from "playwright-core";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
  ".json": "application/json", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".yaml": "application/yaml",
  ".atom": "application/atom+xml; charset=utf-8", ".xml": "application/xml; charset=utf-8",
};

// A folder as a site below `prefix`; an address that is none gets its 404 page.
export async function serve(folder, prefix = "") {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    let file = path.startsWith(`${prefix}/`) ? join(folder, path.slice(prefix.length)) : "";
    if (file && existsSync(file) && statSync(file).isDirectory()) file = join(file, existsSync(join(file, "index.html")) ? "index.html" : "index.json");
    const found = Boolean(file) && existsSync(file);
    if (!found) file = join(folder, "404.html");
    response.writeHead(found ? 200 : 404, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(readFileSync(file));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

// The addresses of a site's pages.
export function pages(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name === "index.html" && entry.isFile())
    .map((entry) => entry.parentPath.slice(folder.length) + "/")
    .filter((path) => readFileSync(join(folder, path, "index.html"), "utf8").startsWith("<!doctype html>"))
    .sort();
}

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });

// A tab that keeps what went wrong in it: errors, violations of the policy, requests to other hosts, and strangers' code that ran.
export async function tab(browser, origin, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`); });
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => { if (!request.url().startsWith(origin) && !options.others) wrong.push(`asks ${request.url()}`); });
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      window.shifted = 0;
      window.ran = [];
      window.run = (what) => window.ran.push(what);
      addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
      new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
  }
  return { context, page, wrong, open: (path) => page.goto(origin + path, { waitUntil: "load" }) };
}
