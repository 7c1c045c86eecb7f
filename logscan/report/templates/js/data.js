"use strict";
// Chunks of data: found by name, expanded when they are first wanted, and only then.
const expanded = new Map();

async function unpacked(element) {
  const bytes = Uint8Array.from(atob(element.textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function chunk(name) {
  if (!expanded.has(name)) {
    const element = document.getElementById(`data-${name}`);
    let value = null;
    if (element) value = element.type === "application/json" ? JSON.parse(element.textContent) : unpacked(element);
    expanded.set(name, Promise.resolve(value));
  }
  return expanded.get(name);
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (value !== undefined && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
