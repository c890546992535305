import { describe, expect, test } from 'vitest';
import { Frr } from './lab/frr.ts';
import { Herald } from './lab/herald.ts';
import { frrVersions, useLab } from './lab/scenario.ts';
import { until } from './lab/until.ts';

const [torAddress, address] = ['2001:db8:0:1::1', '2001:db8:0:2::a'];
const pods = '2001:db8:a:1::/64';
const file = '/etc/herald/herald.yaml';

describe.each(frrVersions)('a router behind another router, FRR %s', (version) => {
  const lab = useLab(import.meta.url, 'multihop.clab.yml', { FRR: version });
  const worker = () => lab().node('worker1');
  const tor = () => new Frr(lab().node('tor'));

  test('is not reached, and our status names the line that would change that', async () => {
    await until(
      async () => (await new Herald(worker()).peer(torAddress))['last-down']?.text ?? '',
      (text) => /^no (way to|answer from) 2001:db8:0:1::1.* set ebgpMultihop/.test(text),
      { what: 'the line in our status' },
    );
    expect(await worker().text(['herald', 'describe', 'peer', 'tor'])).toContain('set ebgpMultihop');
    expect(await tor().neighbor(address)).toMatchObject({ connectionsEstablished: 0 });
  });

  test('is what `herald doctor` wonders about', async () => {
    const lines = (await worker().attempt(['herald', 'doctor', '-c', file])).stdout.split('\n');
    const at = lines.indexOf('WARN  peers one hop away');
    expect(lines[at + 1]).toMatch(/^ {6}peer tor is in another AS and in no network of this machine/);
    expect(lines[at + 2]).toMatch(/^ {6}fix: ebgpMultihop: 2 /);
  });

  test('has our routes once that line is there', async () => {
    const text = worker().read(file);
    await new Herald(worker()).configure(`${text}        transport: { ebgpMultihop: 2 }\n`);
    await tor().established(address);
    await until(
      () => tor().prefixesFrom(address),
      (prefixes) => prefixes.includes(pods),
      { what: 'the prefix of the pods to arrive' },
    );
    const { stdout } = await worker().attempt(['herald', 'doctor', '-c', file]);
    expect(stdout).not.toContain('peers one hop away');
  });
});
