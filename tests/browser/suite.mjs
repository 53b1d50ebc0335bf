// Reads every page of two sites in Chromium: as a visitor, by keyboard, without scripts, on small screens, and as somebody whom
// a stranger's text means harm. `run` builds the sites.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { launch, pages, serve, tab } from "./sites.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const folders = { demonstration: join(process.env.SITES, "demonstration"), hostile: join(process.env.SITES, "hostile") };
const PREFIX = "/a/registry";
// How many times slower than usual a machine may be that does other things too.
const SLACK = Number(process.env.SLACK ?? 1);
const SERVER = "/servers/io.github.Quillmark-Works/ShelfList/";
let browser;
let plain;
let hostile;

before(async () => {
  browser = await launch();
  plain = await serve(folders.demonstration);
  hostile = await serve(folders.hostile, PREFIX);
});

after(async () => {
  await browser?.close();
  plain?.close();
  hostile?.close();
});

const KINDS = ["/", SERVER, "/servers/com.example.quayside/berth-booking/", "/servers/net.example.parcelpost/customs-forms/",
  "/servers/net.example.parcelpost/locker-finder/", "/browse/", "/namespaces/", "/namespaces/com.example.quayside/", "/groups/", "/groups/harbour-office/", "/search/?q=book",
  "/rules/", "/api/", "/404.html"];

async function overflow(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? `${wide} pixels: ${[...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > innerWidth)?.outerHTML.slice(0, 200)}` : "";
  });
}

async function accessibility(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
}

test("every page is quiet, fits, does not move, and is accessible", async (t) => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 768, 1440]) {
      await t.test(`${width} pixels, ${colorScheme}`, async () => {
        const { context, page, wrong, open } = await tab(browser, plain.origin, { colorScheme, viewport: { width, height: 900 } });
        for (const path of KINDS) {
          await open(path);
          if (path.startsWith("/search")) await page.waitForSelector(".results .entry");
          assert.deepEqual(wrong, [], path);
          assert.equal(await overflow(page), "", path);
          assert.ok(await page.evaluate(() => window.shifted) < 0.001, `${path} moves`);
          assert.deepEqual(await accessibility(page), [], path);
        }
        await context.close();
      });
    }
  }
});

test("every page of the demonstration opens without an error", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  const all = pages(folders.demonstration).filter((path) => path !== "/status/");
  assert.ok(all.length > 30, `${all.length} pages`);
  for (const path of all) {
    await open(path);
    assert.deepEqual(wrong, [], path);
    assert.equal(await page.locator("h1").count(), 1, path);
  }
  await context.close();
});

test("search answers while one types, whatever the typing", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  await open("/search/");
  await page.waitForSelector(".results .entry");
  const first = async (query) => {
    await page.fill("input[name=q]", query);
    return page.locator(".results .to").first().textContent({ timeout: 2000 }).catch(() => "");
  };
  for (const [query, title] of [
    ["shelflist", "ShelfList"], ["shelf list", "ShelfList"], ["shlef", "ShelfList"], ["libary", "ShelfList"], ["tide", "Tide Tables"],
    ["quayside tide", "Tide Tables"], ["brambleby-unit-converter", "unit-converter"], ["converter", "unit-converter"], ["HERBARIUM", "Plant Keys"],
    ["francais", "Plant Keys"], ["gpx tarce", "GPX Trace"],
  ]) assert.equal(await first(query), title, query);
  await page.fill("input[name=q]", "zzzzqqqq");
  await page.waitForFunction(() => document.getElementById("found").textContent.startsWith("No server"));
  assert.equal(await page.locator(".results .entry").count(), 0);
  assert.deepEqual(wrong, []);
  await context.close();
});

test("filters narrow, stand in the address, and go back", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  await open("/search/");
  await page.waitForSelector(".results .entry");
  const count = () => page.locator(".results .entry").count();
  const all = await count();
  await page.selectOption("[name=type]", "npm");
  const npm = await count();
  assert.ok(npm > 0 && npm < all);
  assert.match(page.url(), /\?type=npm$/);
  await page.selectOption("[name=runs]", "remote");
  assert.ok(await count() < npm);
  await page.goBack();
  assert.equal(await count(), npm);
  assert.equal(await page.inputValue("[name=runs]"), "");
  await page.goBack();
  assert.equal(await count(), all);
  await open("/search/?status=deprecated");
  await page.waitForSelector(".results .entry");
  assert.deepEqual(await page.locator(".results .to").allTextContents(), ["customs-forms"]);
  await open("/search/?namespace=quayside&q=tide");
  await page.waitForSelector(".results .entry");
  assert.equal(await page.inputValue("[name=namespace]"), "quayside");
  assert.equal(await count(), 1);
  await open("/search/?since=2100-01-01&q=tide");
  await page.waitForFunction(() => document.getElementById("found").textContent.startsWith("No server"));
  await page.getByRole("button", { name: "Clear filters" }).click();
  assert.match(page.url(), /\?q=tide$/);
  assert.ok(await count() > 0);
  assert.ok(await page.getByRole("button", { name: "Clear filters" }).isHidden());
  assert.deepEqual(wrong, []);
  await context.close();
});

test("everything is reached by keyboard", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  const focused = () => page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.name);
  await open("/rules/");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to content");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.keyboard.press("/");
  assert.equal(await focused(), "q");
  await page.keyboard.type("tide");
  await page.waitForSelector(".finds a");
  await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^Tide Tables/);
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "q");
  await page.keyboard.press("Escape");
  assert.ok(await page.locator(".finds").isHidden());
  await page.keyboard.type("s");
  await page.waitForSelector(".finds a");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/servers/com.example.quayside/tide-tables/");
  await open("/");
  await page.keyboard.press("/");
  await page.keyboard.type("book");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search/?q=book");
  await page.waitForSelector(".results .entry");
  await page.focus("input[name=q]");
  await page.keyboard.press("Enter");
  assert.match(await focused(), /Berth Booking|ShelfList/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  assert.equal(await focused(), "q");
  assert.deepEqual(wrong, []);
  await context.close();
});

test("configuration is copied as it stands", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin, { permissions: ["clipboard-read", "clipboard-write"] });
  for (const path of ["/", SERVER]) {
    await open(path);
    const block = page.locator(".code:visible").first();
    await block.locator(".copy").click();
    await block.locator(".copy", { hasText: "Copied" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await block.locator("pre").textContent());
  }
  assert.deepEqual(wrong, []);
  await context.close();
});

test("clients are chosen by pointer and by keyboard", async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { context, page, open } = await tab(browser, plain.origin, { javaScriptEnabled });
    await open("/");
    const shown = () => page.locator(".panel:visible").allTextContents();
    assert.match((await shown()).join(), /gallery\.serviceUrl/);
    await page.getByText("ToolHive", { exact: true }).click();
    assert.match((await shown()).join(), /thv config set-registry/);
    await page.keyboard.press("ArrowRight");
    assert.match((await shown()).join(), /kiro\.json/);
    await context.close();
  }
});

test("without scripts the site lists and reads", async () => {
  const { context, page, open } = await tab(browser, plain.origin, { javaScriptEnabled: false });
  await open("/search/");
  await page.getByRole("link", { name: "Browse all servers" }).click();
  await page.getByRole("link", { name: "Tide Tables" }).click();
  assert.equal(await page.locator("h1").textContent(), "Tide Tables");
  assert.equal(await page.locator(".copy").count(), 0);
  await context.close();
});

test("the dark scheme is dark, and paper is white", async () => {
  const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const { context, page, open } = await tab(browser, plain.origin, { colorScheme: "dark" });
  await open(SERVER);
  assert.equal(await ground(page), "rgb(20, 22, 26)");
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  assert.equal(await ground(page), "rgb(255, 255, 255)");
  assert.ok(await page.locator(".masthead nav").isHidden());
  for (const panel of await page.locator(".panel").all()) assert.ok(await panel.isVisible());
  await context.close();
});

test("an address that is none helps on", async () => {
  const { context, page, open } = await tab(browser, plain.origin);
  await open("/servers/com.example/tide-tabels/");
  await page.getByRole("link", { name: "Search for “tide tabels”" }).click();
  await page.waitForSelector(".results .entry");
  assert.equal(await page.locator(".results .to").first().textContent(), "Tide Tables");
  await context.close();
});

test("a link to a rule opens it", async () => {
  const { context, page, open } = await tab(browser, plain.origin);
  await open("/rules/#version-is-new");
  assert.ok(await page.locator("#version-is-new details").evaluate((details) => details.open));
  await context.close();
});

test("the status page tells of the publication", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  const digest = Buffer.alloc(32, 7);
  const time = (days) => new Date(Date.now() + days * 864e5).toISOString();
  const note = ["gazette checkpoint v1", "https://registry.example.com", "1234", digest.toString("base64"), "epoch a", "serial 31",
    `time ${time(-2)}`, `expires ${time(5)}`, "", "— key signature"].join("\n");
  await page.route("**/checkpoint", (route) => route.fulfill({ body: note, contentType: "text/plain" }));
  await page.route(`**/manifest/${digest.toString("hex")}.json`, (route) => route.fulfill({ json: { version: 1, bits: 0, documents: 200, bytes: 5e5, shards: [] } }));
  await open("/status/");
  await page.getByText("1,234").waitFor();
  await page.getByText("2 days ago").waitFor();
  await page.getByText("500K bytes").waitFor();
  assert.deepEqual(await accessibility(page), []);
  assert.deepEqual(wrong, []);
  await page.unroute("**/checkpoint");
  await page.route("**/checkpoint", (route) => route.fulfill({ body: note.replace(time(5).slice(0, 10), "2020-01-01"), contentType: "text/plain" }));
  await open("/status/");
  await page.getByText("has expired").waitFor();
  await context.close();
});

test("strangers' texts do nothing and break nothing", async () => {
  for (const width of [320, 1440]) {
    const { context, page, wrong, open } = await tab(browser, hostile.origin, { viewport: { width, height: 900 }, others: true });
    await page.route((url) => url.host === "icons.example.com", (route) => route.fulfill({ contentType: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg' width='9000' height='9000'/>" }));
    for (const path of [...pages(folders.hostile).filter((path) => path !== "/status/"), "/search/?q=script"]) {
      await open(PREFIX + path);
      if (path.startsWith("/search/?")) await page.waitForSelector(".results .entry");
      await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
      assert.deepEqual(wrong, [], path);
      assert.deepEqual(await page.evaluate(() => window.ran), [], path);
      assert.equal(await overflow(page), "", `${path} at ${width}`);
      if (path.startsWith("/servers/")) {
        for (const label of await page.locator(".tabs > label").all()) {
          await label.click();
          assert.equal(await overflow(page), "", `${path} at ${width}: ${await label.textContent()}`);
        }
      }
      assert.deepEqual(await accessibility(page), [], path);
    }
    await open(`${PREFIX}/`);
    await page.keyboard.press("/");
    await page.keyboard.type("script");
    await page.waitForSelector(".finds a");
    assert.equal(await overflow(page), "");
    assert.deepEqual(await page.evaluate(() => window.ran), []);
    await context.close();
  }
});

test("25,000 servers are searched within a frame", async () => {
  const { context, page, wrong, open } = await tab(browser, plain.origin);
  await open("/");
  const times = await page.evaluate(async () => {
    const { Index } = await import(document.documentElement.dataset.search);
    // Words as many and as long as descriptions have, by a generator that always gives the same.
    let state = 1;
    const random = (below) => (state = (state * 48271) % 2147483647) % below;
    const syllables = ["ba", "co", "di", "fe", "gu", "ha", "jo", "ki", "lo", "mu", "ne", "pa", "qui", "ro", "se", "ti", "vu", "wo", "xe", "yo"];
    const vocabulary = Array.from({ length: 30000 }, () => Array.from({ length: 2 + random(3) }, () => syllables[random(20)]).join(""));
    const word = () => vocabulary[Math.min(random(30000), random(30000))];
    const index = new Index();
    const start = performance.now();
    for (let shard = 0; shard < 25; shard++) {
      const columns = { name: [], title: [], description: [], words: [], flags: [], updated: [] };
      for (let at = 0; at < 1000; at++) {
        columns.name.push(`io.github.${word()}/${word()}-${shard * 1000 + at}`);
        columns.title.push(`${word()} ${word()}`);
        columns.description.push(Array.from({ length: 14 }, word).join(" "));
        columns.words.push(`@${word()}/${word()}`);
        columns.flags.push(1 << random(8));
        columns.updated.push(20000 + random(700));
      }
      index.add(columns);
    }
    index.finish();
    const built = performance.now() - start;
    const queries = ["weather", "dilofe", "ba", "guhajo kilo", "vuwoxeyo mu", "sel", "roseti bacodi", "paquiro"];
    queries.forEach((query) => index.find(query));
    const taken = queries.map((query) => {
      const runs = Array.from({ length: 5 }, () => { const from = performance.now(); index.find(query); return performance.now() - from; });
      return runs.sort((a, b) => a - b)[0];
    });
    return { built, taken, hits: index.find("ba").length };
  });
  console.log(`# built in ${Math.round(times.built)} ms; queries ${times.taken.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  assert.ok(times.hits > 100);
  // The best of a few runs: what the search takes, not what else the machine does.
  const sorted = [...times.taken].sort((a, b) => a - b);
  assert.ok(sorted[Math.floor(sorted.length / 2)] < 16.7 * SLACK, `median ${sorted[Math.floor(sorted.length / 2)]} ms`);
  assert.ok(sorted.at(-1) < 16.7 * SLACK, `slowest ${sorted.at(-1)} ms`);
  assert.deepEqual(wrong, []);
  await context.close();
});
