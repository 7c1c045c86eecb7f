// Numbers, times and durations, written as the server writes them.
function formats(page) {
  const french = page.language === "fr";
  const number = (value) => String(value).replace(/\B(?=(\d{3})+(?!\d))/g, french ? "\u202f" : ",");
  const moment = (ms) => (ms === null ? "" : new Date(page.base + ms).toISOString().slice(0, 19).replace("T", " "));
  const brief = (ms) => moment(ms).slice(page.one_day ? 11 : 5);
  const duration = (ms) => {
    if (ms === null) return "";
    if (ms < 10000) return `${(Math.round(ms / 100) / 10).toFixed(1)}s`.replace(".", french ? "," : ".");
    let seconds = Math.round(ms / 1000);
    const out = [];
    for (const [unit, size] of [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]]) {
      if (seconds >= size) out.push(`${Math.floor(seconds / size)}${unit}`);
      seconds %= size;
    }
    return out.slice(0, 2).join("");
  };
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  return { number, moment, brief, duration, fill };
}
