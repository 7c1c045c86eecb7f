// The table of mascots: a page of rows at a time, drawn from the columns.
const PAGE = 50;

class MascotTable {
  constructor(page, format, columns) {
    Object.assign(this, { page, format, columns, state: readAddress(), rows: [] });
    this.body = document.querySelector("#mascot-table tbody");
    this.form = document.getElementById("filters");
    this.fillChoices();
    this.addSorting();
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("reset", () => setTimeout(() => this.changed(), 0));
    document.getElementById("previous").addEventListener("click", () => this.turn(-1));
    document.getElementById("next").addEventListener("click", () => this.turn(1));
    this.body.addEventListener("click", (event) => this.clicked(event));
    addEventListener("hashchange", () => { if (location.hash.includes("=")) this.restore(); });
    document.addEventListener("click", (event) => this.linked(event));
    this.restore();
  }

  fillChoices() {
    const causes = new Set(this.page.causes.flat());
    for (const name of causes) this.form.cause.append(element("option", { value: name }, this.page.titles[name] ?? name));
    this.page.ways.forEach((words, place) => this.form.way.append(element("option", { value: place }, words)));
  }

  addSorting() {
    for (const head of document.querySelectorAll("#mascot-table th[data-key]")) {
      const words = head.textContent;
      const button = element("button", { type: "button", "aria-label": this.format.fill(this.page.words["sort-by"], { column: words }) }, words);
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const key = head.dataset.key;
        this.state.sort = this.state.sort === key ? `-${key}` : this.state.sort === `-${key}` ? "" : key;
        this.state.page = 1;
        this.show();
      });
    }
  }

  restore() {
    this.state = readAddress();
    for (const name of ["q", "cause", "way", "from", "to"]) this.form.elements[name].value = this.state[name] ?? "";
    for (const box of this.form.querySelectorAll("[name=outcome]")) box.checked = this.state.outcome.includes(box.value);
    this.show();
    if (this.state.open) this.openNamed(this.state.open);
  }

  changed() {
    for (const name of ["q", "cause", "way", "from", "to"]) this.state[name] = this.form.elements[name].value;
    this.state.outcome = [...this.form.querySelectorAll("[name=outcome]:checked")].map((box) => box.value);
    this.state.page = 1;
    this.state.open = "";
    this.show();
  }

  linked(event) {
    const way = event.target.closest?.("[data-way]"), bin = event.target.closest?.("[data-bin]");
    if (!way && !bin) return;
    this.form.reset();
    if (way) this.form.way.value = way.dataset.way;
    if (bin) {
      const start = Number(bin.dataset.bin) * 1000;
      const step = Number(bin.closest("svg").viewBox.baseVal.width > 600 ? this.page.steps_wide : this.page.steps_narrow);
      this.form.from.value = new Date(start).toISOString().slice(0, 19);
      this.form.to.value = new Date(start + step - 1000).toISOString().slice(0, 19);
      document.getElementById("mascots").scrollIntoView();
    }
    setTimeout(() => this.changed(), 0);
  }

  turn(step) {
    this.state.page += step;
    this.show();
  }

  show() {
    const begun = performance.now();
    this.rows = selected(this.columns, this.state, this.page);
    const pages = Math.max(Math.ceil(this.rows.length / PAGE), 1);
    this.state.page = Math.min(Math.max(this.state.page, 1), pages);
    const first = (this.state.page - 1) * PAGE;
    const shown = this.rows.slice(first, first + PAGE);
    this.body.replaceChildren(...(shown.length ? shown.map((row) => this.drawRow(row)) : [this.emptyRow()]));
    for (const head of document.querySelectorAll("#mascot-table th[data-key]")) {
      const key = head.dataset.key;
      if (this.state.sort === key) head.setAttribute("aria-sort", "ascending");
      else if (this.state.sort === `-${key}`) head.setAttribute("aria-sort", "descending");
      else head.removeAttribute("aria-sort");
    }
    const { number } = this.format;
    const words = { from: number(this.rows.length ? first + 1 : 0), to: number(first + shown.length), total: number(this.rows.length) };
    document.getElementById("shown").textContent = this.format.fill(this.page.words.rows, words);
    document.getElementById("previous").disabled = this.state.page <= 1;
    document.getElementById("next").disabled = this.state.page >= pages;
    writeAddress(this.state);
    document.documentElement.dataset.filterMs = (performance.now() - begun).toFixed(1);
  }

  emptyRow() {
    return element("tr", {}, element("td", { colspan: 11, class: "soft" }, this.page.words["no-rows"]));
  }

  drawRow(row) {
    const { columns, format, page } = this;
    const id = columns.id[row], outcome = page.outcomes[columns.outcome[row]];
    const button = element("button", { type: "button", "aria-expanded": "false", "aria-label": format.fill(page.words["open-row"], { id }) }, id);
    const name = element("span", { class: `outcome ${outcome}` }, element("span", { class: `swatch ${outcome}`, "aria-hidden": "true" }), page.words[outcome]);
    const cell = (text, kind) => element("td", kind ? { class: kind } : {}, text);
    return element("tr", { "data-row": row },
      element("td", { class: "id" }, button), element("td", {}, name), cell(columns.causes[columns.cause[row]], "cause"), cell(format.number(columns.attempts[row]), "number"),
      cell(format.brief(columns.enqueued[row])), cell(format.brief(columns.started[row])), cell(format.duration(columns.waited[row]), "number"),
      cell(format.duration(columns.ran[row]), "number"), cell(format.brief(columns.ended[row])),
      cell(page.words[page.certainties[columns.certainty[row]]]), cell(columns.image[row] < 0 ? "" : page.words[page.images[columns.image[row]]]));
  }

  clicked(event) {
    const button = event.target.closest("td.id button");
    if (button) this.toggle(button.closest("tr"), button);
  }

  openNamed(id) {
    const place = this.rows.findIndex((row) => this.columns.id[row] === id);
    if (place < 0) return;
    this.state.page = Math.floor(place / PAGE) + 1;
    this.show();
    const line = [...this.body.children].find((child) => Number(child.dataset.row) === this.rows[place]);
    this.toggle(line, line.querySelector("button"));
  }

  async toggle(line, button) {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    line.classList.toggle("opened", !open);
    const row = Number(line.dataset.row);
    this.state.open = open ? "" : this.columns.id[row];
    writeAddress(this.state);
    if (open) {
      line.nextElementSibling?.remove();
      return;
    }
    const cell = element("td", { colspan: 11 }, element("p", { class: "soft small" }, this.page.words.loading));
    line.after(element("tr", { class: "story" }, cell));
    cell.replaceChildren(await story(this.page, this.format, row, this.columns.id[row]));
  }
}
