// A button beside every command. Where the clipboard may not be used the command is selected instead.
function addCopyButtons(words) {
  for (const block of document.querySelectorAll("pre.command")) {
    const code = block.querySelector("code");
    const button = element("button", { type: "button", class: "no-print", "aria-label": `${words.copy}: ${code.textContent}` }, words.copy);
    block.classList.add("with-copy");
    block.append(button);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = words.copied;
        setTimeout(() => { button.textContent = words.copy; }, 1500);
      } catch {
        const range = document.createRange();
        range.selectNodeContents(code);
        getSelection().removeAllRanges();
        getSelection().addRange(range);
      }
    });
  }
}
