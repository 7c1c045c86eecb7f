// Without this script the page says all that matters; with it rows can be sorted, filtered and opened.
async function begin() {
  const page = await chunk("page");
  const format = formats(page);
  addCopyButtons(page.words);
  if (document.getElementById("mascot-table")) {
    const index = await chunk("index");
    if (index) {
      const columns = columnsOf(index, page);
      new MascotTable(page, format, columns);
      prepareOrders(columns);
    }
  }
  document.documentElement.classList.add("on");
  const target = location.hash && !location.hash.includes("=") ? document.getElementById(location.hash.slice(1)) : null;
  if (target?.tagName === "DETAILS") target.open = true;
  addEventListener("hashchange", () => {
    const found = document.getElementById(location.hash.slice(1));
    if (found?.tagName === "DETAILS") found.open = true;
  });
}

begin();
