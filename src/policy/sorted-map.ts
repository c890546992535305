interface Node<V> {
  readonly key: string;
  readonly value: V;
  readonly rank: number;
  readonly left: Tree<V>;
  readonly right: Tree<V>;
}

type Tree<V> = Node<V> | undefined;

/**
 * A map that is a value, in the order of its keys: `with` and `without` give another that shares all but a few nodes with it, so that what differs between
 * two of them is found at the cost of the difference. It is a treap whose ranks follow from the keys: the same keys make the same tree, whatever came before.
 */
export class SortedMap<V> implements ReadonlyMap<string, V> {
  readonly size: number;
  readonly #tree: Tree<V>;

  private constructor(tree: Tree<V>, size: number) {
    this.#tree = tree;
    this.size = size;
  }

  static empty<V>(): SortedMap<V> {
    return new SortedMap<V>(undefined, 0);
  }

  static of<V>(entries: Iterable<readonly [string, V]>): SortedMap<V> {
    let map = SortedMap.empty<V>();
    for (const [key, value] of entries) map = map.with(key, value);
    return map;
  }

  get(key: string): V | undefined {
    return find(this.#tree, key)?.value;
  }

  has(key: string): boolean {
    return find(this.#tree, key) !== undefined;
  }

  /** The value of the lowest key. */
  get first(): V | undefined {
    let node = this.#tree;
    while (node?.left !== undefined) node = node.left;
    return node?.value;
  }

  /** The same map when it has that very value already. */
  with(key: string, value: V): SortedMap<V> {
    const tree = put(this.#tree, key, value, rankOf(key));
    if (tree === this.#tree) return this;
    return new SortedMap(tree, this.has(key) ? this.size : this.size + 1);
  }

  /** The same map when it has no such key. */
  without(key: string): SortedMap<V> {
    return this.has(key) ? new SortedMap(remove(this.#tree, key), this.size - 1) : this;
  }

  /** Visits the keys at which another map has another value, or only one of them has any. */
  eachChange(
    to: SortedMap<V>,
    visit: (change: { readonly key: string; readonly before?: V; readonly after?: V }) => void,
  ): void {
    compare(this.#tree, to.#tree, visit);
  }

  /** The entries from a key on, which need not be there. */
  *from(key: string): Generator<[string, V]> {
    for (const node of nodes(this.#tree, key)) yield [node.key, node.value];
  }

  /** As a list of entries. */
  toJSON(): readonly (readonly [string, V])[] {
    return [...this];
  }

  forEach(visit: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this);
  }

  entries(): MapIterator<[string, V]> {
    return this[Symbol.iterator]();
  }

  *keys(): MapIterator<string> {
    for (const { key } of nodes(this.#tree)) yield key;
  }

  *values(): MapIterator<V> {
    for (const { value } of nodes(this.#tree)) yield value;
  }

  *[Symbol.iterator](): MapIterator<[string, V]> {
    for (const { key, value } of nodes(this.#tree)) yield [key, value];
  }
}

type Visit<V> = Parameters<SortedMap<V>['eachChange']>[1];

function find<V>(tree: Tree<V>, key: string): Tree<V> {
  let node = tree;
  while (node !== undefined && node.key !== key) node = key < node.key ? node.left : node.right;
  return node;
}

function* nodes<V>(tree: Tree<V>, from?: string): Generator<Node<V>, undefined> {
  const above: Node<V>[] = [];
  let node = tree;
  for (; from !== undefined && node !== undefined; node = node.key < from ? node.right : node.left) {
    if (node.key >= from) above.push(node);
  }
  while (node !== undefined || above.length > 0) {
    for (; node !== undefined; node = node.left) above.push(node);
    const next = above.pop() as Node<V>;
    yield next;
    node = next.right;
  }
}

function put<V>(tree: Tree<V>, key: string, value: V, rank: number): Node<V> {
  if (tree === undefined) return { key, value, rank, left: undefined, right: undefined };
  if (tree.key === key) return tree.value === value ? tree : { key, value, rank, left: tree.left, right: tree.right };
  if (isAbove(rank, key, tree)) {
    const [left, right] = split(tree, key);
    return { key, value, rank, left, right };
  }
  if (key < tree.key) {
    const left = put(tree.left, key, value, rank);
    return left === tree.left ? tree : replaced(tree, left, tree.right);
  }
  const right = put(tree.right, key, value, rank);
  return right === tree.right ? tree : replaced(tree, tree.left, right);
}

function remove<V>(tree: Tree<V>, key: string): Tree<V> {
  if (tree === undefined) return undefined;
  if (tree.key === key) return joined(tree.left, tree.right);
  return key < tree.key
    ? replaced(tree, remove(tree.left, key), tree.right)
    : replaced(tree, tree.left, remove(tree.right, key));
}

/** What is below a key, and what is above it; it itself is left out. */
function split<V>(tree: Tree<V>, key: string): readonly [Tree<V>, Tree<V>] {
  if (tree === undefined) return [undefined, undefined];
  if (tree.key === key) return [tree.left, tree.right];
  if (key < tree.key) {
    const [below, above] = split(tree.left, key);
    return [below, replaced(tree, above, tree.right)];
  }
  const [below, above] = split(tree.right, key);
  return [replaced(tree, tree.left, below), above];
}

/** All keys of one are below all of the other. */
function joined<V>(below: Tree<V>, above: Tree<V>): Tree<V> {
  if (below === undefined || above === undefined) return below ?? above;
  return isAbove(below.rank, below.key, above)
    ? replaced(below, below.left, joined(below.right, above))
    : replaced(above, joined(below, above.left), above.right);
}

function compare<V>(from: Tree<V>, to: Tree<V>, visit: Visit<V>): void {
  if (from === to) return;
  if (to === undefined || (from !== undefined && from.key !== to.key && isAbove(from.rank, from.key, to))) {
    // Were the key in the other one, it would be at its root.
    const { key, value, left, right } = from as Node<V>;
    const [below, above] = split(to, key);
    compare(left, below, visit);
    visit({ key, before: value });
    compare(right, above, visit);
  } else if (from === undefined || from.key !== to.key) {
    const [below, above] = split(from, to.key);
    compare(below, to.left, visit);
    visit({ key: to.key, after: to.value });
    compare(above, to.right, visit);
  } else {
    compare(from.left, to.left, visit);
    if (from.value !== to.value) visit({ key: to.key, before: from.value, after: to.value });
    compare(from.right, to.right, visit);
  }
}

function replaced<V>({ key, value, rank }: Node<V>, left: Tree<V>, right: Tree<V>): Node<V> {
  return { key, value, rank, left, right };
}

function isAbove<V>(rank: number, key: string, node: Node<V>): boolean {
  return rank === node.rank ? key > node.key : rank > node.rank;
}

/** FNV-1a, its bits mixed once more, since neighbouring keys differ in their last characters. */
function rankOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 1;
}
