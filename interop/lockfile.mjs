// A lockfile without some platform's optional package breaks `npm ci` there; one with download addresses works on one network only.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'));

/** Where npm would look for a dependency of the package at `path`. */
function* places(path, name) {
  for (let at = path; ; at = at.slice(0, at.lastIndexOf('/node_modules/'))) {
    yield `${at}/node_modules/${name}`;
    if (!at.includes('/node_modules/')) break;
  }
  yield `node_modules/${name}`;
}

const problems = [];
for (const [path, { optionalDependencies = {}, resolved }] of Object.entries(packages)) {
  if (resolved?.startsWith('http')) problems.push(`${path} records a download address`);
  for (const name of Object.keys(optionalDependencies)) {
    if (![...places(path, name)].some((place) => place in packages)) problems.push(`${path} misses ${name}`);
  }
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
