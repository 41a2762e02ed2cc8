/** Small helpers over the DOM. Text always goes in as text: nothing that a file or a run is called can become markup. */

type Child = Node | string;

/** A new element with these attributes (undefined ones are left out) and children. */
export function element(
  tag: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly Child[]
): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** The element of the page with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const node = document.getElementById(id);
  if (node === null) throw new TypeError(`the page has no #${id}`);
  return node as T;
}

/** Sets text only where it differs, so that screen readers and selections are left in peace. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A table's rows: header cells, then per row a header cell and data cells. */
export function fillTable(table: HTMLElement, head: readonly HTMLElement[], rows: readonly HTMLElement[]): void {
  table.replaceChildren(element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...rows));
}

/** A header cell of a column. */
export function columnHead(text: Child, kind: 'text' | 'number' = 'text'): HTMLElement {
  return element('th', { scope: 'col', class: kind === 'number' ? 'number' : undefined }, text);
}

/** A cell with a number in it; `label` names it where the table's head is not shown. A dash marks it as empty. */
export function numberCell(text: string, label?: string): HTMLElement {
  return element('td', { class: text === '–' ? 'number none' : 'number', 'data-label': label }, text);
}
