/** A pure function that remembers its results by the objects that it is given: the same ones give the same one. */
export function memoised<T extends object, R>(compute: (of: T) => R): (of: T) => R {
  const results = new WeakMap<T, R>();
  return (of) => {
    let result = results.get(of);
    if (result === undefined) results.set(of, (result = compute(of)));
    return result;
  };
}

/** As `memoised`, of two. */
export function memoisedPair<T extends object, R>(compute: (one: T, other: T) => R): (one: T, other: T) => R {
  const withOne = memoised((one: T) => memoised((other: T) => compute(one, other)));
  return (one, other) => withOne(one)(other);
}
