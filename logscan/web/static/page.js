"use strict";
// What scripts add to the page: dropping, the list of files, progress, copying. Everything works without them.

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words")?.textContent ?? "{}");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function size(bytes) {
  const french = document.documentElement.lang === "fr";
  let step = 0;
  while (bytes >= 1024 && step < 4) { bytes /= 1024; step += 1; }
  const number = step && bytes < 100 ? bytes.toFixed(1).replace(/\.0$/, "") : bytes.toFixed(0);
  return `${french ? number.replace(".", ",") : number}\u00a0${["", "k", "M", "G", "T"][step]}${french ? "o" : "B"}`;
}

// Copy buttons.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText($(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = label; }, 1500);
  } catch {
    getSelection().selectAllChildren($(button.dataset.copy));
  }
});

// Menus close on Escape and on a click beside them.
const menus = document.querySelectorAll(".menu");
function closeMenus(except) {
  for (const menu of menus) if (menu !== except && menu.open) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target.closest(".menu")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector(".menu[open]");
  closeMenus();
  open?.querySelector("summary").focus();
});
// A click into the report's frame is no click here, but takes the focus.
addEventListener("blur", () => closeMenus());

// Where a scan is.
function show(step, text, part) {
  for (const item of document.querySelectorAll(".steps li")) {
    if (item.dataset.step === step) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  }
  if (part === undefined) $("bar").removeAttribute("value");
  else $("bar").value = Math.round(1000 * part);
  if ($("how-far").textContent !== text) $("how-far").textContent = text;
}

const pause = (time) => new Promise((done) => { setTimeout(done, time); });

async function watch(address) {
  for (let wait = 150; ; wait = Math.min(wait * 1.3, 1000)) {
    await pause(wait);
    let answer;
    try {
      answer = await fetch(`${address}/status`, { headers: { Accept: "application/json" } });
    } catch {
      show("queue", words["out-of-reach"]);
      continue;
    }
    if (!answer.ok) { location.assign(address); return; }
    const now = await answer.json();
    if (now.state !== "queued") { location.replace(address); return; }
    show(now.step, now.text, now.step === "read" && now.total ? now.read / now.total : undefined);
  }
}

const waiting = document.querySelector("[data-watch]");
if (waiting) watch(waiting.dataset.watch);

// The form.
const form = $("upload");
if (form) {
  let files = [];
  let running = null;
  let command = [];

  const complain = (text) => {
    $("problem").textContent = text;
    $("problem").hidden = !text;
    if (text) $("problem").scrollIntoView({ block: "nearest" });
  };

  // The first bytes tell what the server would refuse.
  const PACKED = ["PK\x03\x04", "7z\xbc\xaf", "Rar!", "%PDF"];
  async function look(file) {
    if (!file.size) return words["empty-file"];
    const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 4).arrayBuffer()));
    return PACKED.includes(head) ? words.packed : "";
  }

  async function add(list) {
    for (const file of list) {
      if (files.some((known) => known.file.name === file.name && known.file.size === file.size && known.file.lastModified === file.lastModified)) continue;
      let trouble = "";
      try { trouble = await look(file); } catch { continue; } // a folder
      files.push({ file, trouble });
    }
    draw();
  }

  function draw() {
    $("chosen").hidden = !files.length;
    $("chosen").replaceChildren(...files.map(({ file, trouble }, place) => {
      const item = document.createElement("li");
      const name = document.createElement("span");
      const note = document.createElement("span");
      const remove = document.createElement("button");
      name.className = "name";
      name.textContent = file.name;
      note.className = trouble ? "hint bad" : "hint";
      note.textContent = trouble || size(file.size);
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", fill(words.remove, { name: file.name }));
      remove.addEventListener("click", () => {
        files.splice(place, 1);
        draw();
        ($("chosen").querySelectorAll("button")[Math.min(place, files.length - 1)] ?? $("file")).focus();
      });
      item.append(name, note, remove);
      return item;
    }));
    const total = files.reduce((sum, { file }) => sum + file.size, 0);
    const most = Number(form.dataset.files);
    let text = "";
    if (files.length > most) text = words["too-many-chosen"];
    else if (total > Number(form.dataset.most)) text = words["too-large-chosen"];
    complain(text);
    $("go").disabled = Boolean(text) || files.some(({ trouble }) => trouble === words.packed);
    $("go").textContent = files.length > 1 ? fill(words["diagnose-more"], { number: files.length }) : words.diagnose;
    tell();
  }

  // The same at a terminal.
  const quoted = (word) => (/^[\w@%+=:,.\/-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
  function tell() {
    const names = files.map(({ file }) => (file.name.startsWith("-") ? `./${file.name}` : file.name));
    if ($("paste").value.trim()) names.push("pasted.log");
    command = ["logscan", "scan", ...(names.length ? names : ["backend.log", "worker.log"]), "--lang", $("lang").value];
    for (const name of ["tz", "since", "until"]) {
      const value = $(name).value.trim();
      if (value && value !== "UTC") command.push(`--${name}`, value);
    }
    if ($("redact") && !$("redact").checked) command.push("--no-redact");
    if ($("check-urls") && $("check-urls").checked) command.push("--check-urls");
    command.push("-o", "report.html");
    $("command").textContent = command.map(quoted).join(" ");
    const chosen = [$("lang").selectedOptions[0].textContent, $("tz").value];
    if ($("since").value || $("until").value) chosen.push(`${$("since").value || "…"} – ${$("until").value || "…"}`);
    $("chosen-options").textContent = chosen.join(" · ");
  }

  function busy(on) {
    form.hidden = on;
    $("working").hidden = !on;
    document.body.classList.toggle("busy", on);
  }

  function stop(text) {
    running = null;
    busy(false);
    complain(text);
    $("go").focus();
  }

  function send() {
    const body = new FormData();
    body.append("form", form.elements.form.value);
    for (const name of ["lang", "tz", "since", "until"]) body.append(name, $(name).value);
    body.append("redact", !$("redact") || $("redact").checked ? "yes" : "no");
    if ($("check-urls") && $("check-urls").checked) body.append("check_urls", "yes");
    for (const { file } of files) body.append("file", file, file.name);
    if ($("paste").value.trim()) body.append("paste", $("paste").value);
    busy(true);
    $("working-title").focus();
    show("upload", "", 0);
    const request = new XMLHttpRequest();
    running = { abort: () => request.abort() };
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      show("upload", fill(words.of, { part: size(event.loaded), total: size(event.total) }), event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status !== 202 || !request.response) {
        stop(request.response?.detail ? `${request.response.title}. ${request.response.detail}` : words.offline);
        return;
      }
      const { address } = request.response;
      // Going back from the report leads to the empty form; going there again, to the report.
      running = { abort: () => cancel(address) };
      show("queue", "");
      watch(address);
    });
    request.addEventListener("error", () => stop(words.offline));
    request.addEventListener("abort", () => stop(words.cancelled));
    request.send(body);
  }

  async function cancel(address) {
    const body = new URLSearchParams({ form: form.elements.form.value });
    await fetch(`${address}/delete`, { method: "POST", body, headers: { Accept: "application/json" } });
    location.assign("/");
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) return;
    if (!files.some(({ file }) => file.size) && !$("paste").value.trim()) { complain(words["one-nothing"]); return; }
    complain("");
    send();
  });
  form.addEventListener("input", tell);
  $("cancel").addEventListener("click", () => running?.abort());
  $("file").addEventListener("change", async () => {
    await add([...$("file").files]);
    $("file").value = "";
  });
  addEventListener("beforeunload", (event) => { if (running && $("how-far").closest("section").querySelector('[data-step="upload"][aria-current]')) event.preventDefault(); });
  // The browser brings pages back as they were: a form that was sent is shown as a form.
  addEventListener("pageshow", (event) => { if (event.persisted && running) location.reload(); });

  // Files may be dropped anywhere on the page, and pasted too.
  let depth = 0;
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files") && !form.hidden;
  const over = (on) => document.body.classList.toggle("over", on);
  addEventListener("dragenter", (event) => { if (carriesFiles(event)) { event.preventDefault(); depth += 1; over(true); } });
  addEventListener("dragover", (event) => { if (carriesFiles(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  addEventListener("dragleave", (event) => { if (carriesFiles(event)) { depth -= 1; if (depth <= 0) { depth = 0; over(false); } } });
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    // Folders are entered, as `logscan scan FOLDER` does; what is hidden in them is passed over.
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
    if (entries.some((entry) => entry?.isDirectory)) Promise.all(entries.map(within)).then((lists) => add(lists.flat()));
    else add([...event.dataTransfer.files]);
  });

  async function within(entry) {
    if (!entry || (entry.isDirectory && entry.name.startsWith("."))) return [];
    if (entry.isFile) return [await new Promise((done, failed) => { entry.file(done, failed); })];
    const reader = entry.createReader();
    const found = [];
    for (;;) {
      // Browsers give a folder's entries a hundred at a time.
      const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
      if (!some.length) return found;
      for (const one of some) if (!one.name.startsWith(".")) found.push(...await within(one));
    }
  }

  addEventListener("paste", (event) => {
    if (event.target.closest?.("input, textarea") || form.hidden) return;
    if (event.clipboardData.files.length) { add([...event.clipboardData.files]); return; }
    const text = event.clipboardData.getData("text");
    if (!text.trim()) return;
    $("paste").closest("details").open = true;
    $("paste").value += text;
    $("paste").focus();
    tell();
  });

  // The reader's own zone is the likeliest besides UTC.
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (own && ![...$("zones").options].some((option) => option.value === own)) $("zones").prepend(new Option(own, own));
  draw();
}

// Links from problems lead into the folded part.
if (location.hash.startsWith("#problem-") || location.hash === "#api") { $("api")?.setAttribute("open", ""); document.querySelector(location.hash)?.scrollIntoView(); }
