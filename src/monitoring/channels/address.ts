import { BlockList, isIP } from 'node:net';

/** Networks that no alert is sent to unless the policy allows the host: special-purpose addresses of IANA's registries. */
const refused = new BlockList();
const networks4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
for (const network of networks4) {
  const [address, bits] = network.split('/') as [string, string];
  refused.addSubnet(address, Number(bits), 'ipv4');
}

/** All public IPv6 addresses lie here; loopback, link-local, unique-local, multicast, mapped and translated ones do not. */
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
/** Of those, documentation and ways to wrap an IPv4 address: Teredo, 6to4. */
const wrapped6 = new BlockList();
for (const [address, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const) {
  wrapped6.addSubnet(address, bits, 'ipv6');
}

/** Whether an address is one of the public internet. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !refused.check(address, 'ipv4');
    case 6:
      return global6.check(address, 'ipv6') && !wrapped6.check(address, 'ipv6');
    default:
      return false;
  }
}
