// One mascot's own strip and lines.
const ID = "\ue000";
const AFTER = { enqueued: "waits", processing: "runs", uploaded: "runs", upload_failed: "runs", generation_failed: "waits" };
const WIDTH = 520, LINE = 24, GAP = 58;

function strip(page, format, id, lines) {
  const steps = lines.filter((line) => page.steps.includes(line.kind) && line.at !== null).sort((a, b) => a.at - b.at);
  if (!steps.length || steps[0].at === steps.at(-1).at) return null;
  const start = steps[0].at, end = steps.at(-1).at;
  const x = (at) => 6 + ((at - start) / (end - start)) * (WIDTH - 12);
  const text = (at, y, words, kind, anchor) => drawn("text", { class: `t ${kind}`, x: at.toFixed(1), y, "text-anchor": anchor }, words);
  const told = steps.map((step) => `${format.moment(step.at)} ${page.words[`step-${step.kind}`]}`).join(", ");
  const picture = drawn("svg", { class: "picture strip half", viewBox: `0 0 ${WIDTH} 54`, role: "img" });
  picture.append(drawn("title", {}, format.fill(page.words["pic-strip"], { id })), drawn("desc", {}, `${told}.`));
  picture.setAttribute("aria-label", `${format.fill(page.words["pic-strip"], { id })}: ${told}`);
  steps.slice(1).forEach((step, place) => {
    const from = x(steps[place].at), wide = x(step.at) - from;
    picture.append(drawn("rect", { class: AFTER[steps[place].kind] ?? "waits", x: from.toFixed(1), y: LINE - 4, width: Math.max(wide, 0.5).toFixed(1), height: 8 }));
    if (wide > GAP) picture.append(text(from + wide / 2, LINE - 9, format.duration(step.at - steps[place].at), "soft", "middle"));
  });
  let last = -2 * GAP;
  for (const step of steps) {
    const at = x(step.at), final = step.at === end;
    picture.append(drawn("circle", { class: `dot s-${step.kind}`, cx: at.toFixed(1), cy: LINE, r: 5 }));
    if (final || (at - last > GAP * 1.6 && x(end) - at > GAP * 1.6)) {
      const anchor = step.at === start ? "start" : final ? "end" : "middle";
      picture.append(text(Math.min(Math.max(at, 1), WIDTH - 1), LINE + 24, page.words[`step-${step.kind}`], "", anchor));
      last = at;
    }
  }
  return picture;
}

async function story(page, format, place, id) {
  const inner = element("div", { class: "inner" });
  const tale = await chunk(`tale-${Math.floor(place / page.tale)}`);
  if (!tale) {
    inner.append(element("p", { class: "soft small" }, page.words[page.stories ? "no-story" : "no-stories"]));
    return inner;
  }
  const own = place % page.tale;
  const lines = tale.lines[own].map(([kind, at, source, line, text, cause]) => ({
    kind: tale.kinds[kind], at, source: page.sources[source], line, text: tale.texts[text].replaceAll(ID, id), cause: cause < 0 ? null : tale.causes[cause],
  }));
  const picture = strip(page, format, id, lines);
  if (picture) inner.append(picture);
  const list = element("ul", { class: "lines" });
  for (const line of lines) {
    const where = element("span", { class: "where" });
    if (line.kind !== "context") where.append(element("span", { class: `kind ${page.tones[line.kind] ?? "plain"}` }, page.words[`step-${line.kind}`] ?? page.words["step-other"]));
    where.append(element("span", {}, `${line.source}:${line.line}`));
    if (line.at !== null) where.append(element("time", {}, new Date(page.base + line.at).toISOString()));
    if (line.cause) where.append(element("span", {}, page.titles[line.cause] ?? line.cause));
    list.append(element("li", { class: line.kind === "context" ? "context" : "own" }, where, element("code", {}, line.text)));
  }
  inner.append(list);
  if (tale.more[own]) inner.append(element("p", { class: "soft small" }, format.fill(page.words["more-lines"], { count: format.number(tale.more[own]) })));
  return inner;
}
