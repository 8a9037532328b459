// A few lines instead of a framework: elements as values, and a patch that touches only what changed,
// so that an open dialogue, the focus and a running animation survive every update.

/** Describe an element: `h("p.note", {title: "x"}, "text")`. Text is always text, never markup. */
export const h = (tag, props, ...children) => ({
  tag,
  props: props ?? {},
  children: children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
});

/** Make `parent`'s children equal to the described ones. */
export function patch(parent, described) {
  const wanted = Array.isArray(described) ? described.flat(Infinity).filter(Boolean) : [described];
  wanted.forEach((node, index) => {
    let current = parent.childNodes[index];
    const key = typeof node === "object" ? node.props.key : undefined;
    if (key !== undefined && current?.stewardKey !== key) {
      const moved = [...parent.childNodes].slice(index).find((child) => child.stewardKey === key);
      if (moved) {
        parent.insertBefore(moved, current);
        current = moved;
      }
    }
    if (!matches(current, node)) {
      const made = make(node);
      if (current && (current.stewardKey === undefined || !wanted.slice(index).some((other) => other?.props?.key === current.stewardKey))) {
        parent.replaceChild(made, current);
      } else {
        parent.insertBefore(made, current ?? null);
      }
    } else if (typeof node === "object") {
      update(current, node);
    } else if (current.data !== String(node)) {
      current.data = String(node);
    }
  });
  while (parent.childNodes.length > wanted.length) {
    parent.lastChild.remove();
  }
}

function matches(current, node) {
  if (!current) return false;
  if (typeof node !== "object") return current.nodeType === Node.TEXT_NODE;
  return current.stewardTag === node.tag && current.stewardKey === node.props.key;
}

function make(node) {
  if (typeof node !== "object") return document.createTextNode(String(node));
  const [name, ...classes] = node.tag.split(".");
  const element = document.createElement(name);
  element.stewardTag = node.tag;
  element.stewardKey = node.props.key;
  if (classes.length) element.className = classes.join(" ");
  update(element, node);
  return element;
}

function update(element, node) {
  const before = element.stewardProps ?? {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(node.props)])) {
    const value = node.props[name];
    if (name === "key" || before[name] === value) continue;
    if (name.startsWith("on")) {
      element[name] = value ?? null;
    } else if (name === "style") {
      element.style.cssText = value ?? "";
    } else if (name.startsWith(".")) {
      element[name.slice(1)] = value; // a property of the element, not an attribute
    } else if (value === undefined || value === null || value === false) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.stewardProps = node.props;
  patch(element, node.children);
}
