// What volumes, memory and processor time of DhtCluster's spec must agree upon, and how memory that
// is left out is worked out.
import { OURS_BEGIN, VOLUME_BYTES_MIN } from './cluster-pods.ts';
import type { ClusterSpec } from './cluster-spec.ts';
import { bytesOf, millicoresOf, quantityOf } from './quantity.ts';
import type { ClusterRule } from './rule.ts';
import { join } from './validate.ts';

/** Bytes that a member needs beside its cache: V8's heap, the store's buffers, frames under way. */
const BESIDE_CACHE_BYTES = 256 * 2 ** 20;

type Memory = ClusterSpec['resources']['limits']['memory'];

/** Frozen: another formula would restart every ring when the operator is upgraded. */
export function memoryOf(
  cacheBytes: number,
  given: { readonly request: Memory | undefined; readonly limit: Memory | undefined },
): { readonly request: Memory; readonly limit: Memory } {
  const least = quantityOf(cacheBytes + BESIDE_CACHE_BYTES);
  const ample = 2 * cacheBytes + 2 ** 30;
  const { request, limit } = given;
  return {
    request: request ?? (limit !== undefined && bytesOf(limit) < bytesOf(least) ? limit : least),
    limit: limit ?? quantityOf(request === undefined ? ample : Math.max(ample, bytesOf(request))),
  };
}

/** A float, since making text of a number is beyond the API server's price limit for rules. */
const celCores = (of: 'requests' | 'limits'): string =>
  `(type(self.${of}.cpu) == int ? double(self.${of}.cpu) : ` +
  `quantity(self.${of}.cpu).asApproximateFloat())`;

type Toleration = ClusterSpec['podTemplate']['tolerations'][number];

const isWhole = ({ operator, key = '', value = '' }: Toleration): boolean =>
  operator === 'Exists' ? value === '' : key !== '';

/** Labels and annotations that would take the place of ours. */
function ownNames(field: 'labels' | 'annotations'): ClusterRule {
  const isOurs = (name: string): boolean => OURS_BEGIN.some((begin) => name.startsWith(begin));
  const namesOf = ({ podTemplate }: ClusterSpec): string[] => Object.keys(podTemplate[field]);
  return {
    at: `spec.podTemplate.${field}`,
    cel: `self.all(name, ${OURS_BEGIN.map((begin) => `!name.startsWith('${begin}')`).join(' && ')})`,
    message:
      `names of ${field} must be other ones than those that begin with ${OURS_BEGIN.join(' or ')}: ` +
      'the operator sets these',
    holds: (spec) => !namesOf(spec).some(isOurs),
    problem: (spec) => ({
      path: join(`spec.podTemplate.${field}`, namesOf(spec).find(isOurs) ?? ''),
      wrong: 'is set by the operator',
      right: 'give it another name',
    }),
  };
}

export const POD_RULES: readonly ClusterRule[] = [
  ownNames('labels'),
  ownNames('annotations'),
  {
    at: 'spec.podTemplate.tolerations',
    cel:
      "self.all(each, each.operator == 'Exists' ? !has(each.value) || each.value == '' : " +
      "has(each.key) && each.key != '')",
    message:
      'a toleration must be one with a key where operator is Equal, and without a value where ' +
      'it is Exists',
    holds: ({ podTemplate }) => podTemplate.tolerations.every(isWhole),
    problem: ({ podTemplate: { tolerations } }) => ({
      path: `spec.podTemplate.tolerations[${String(tolerations.findIndex((each) => !isWhole(each)))}]`,
      wrong: 'has no key, or a value that is not compared',
      right: 'give a key with operator Equal, or operator Exists without a value',
    }),
  },
  {
    at: 'spec.storage',
    // What is no quantity is refused where it stands.
    cel: "!isQuantity(self.size) || quantity(self.size).compareTo(quantity('1Gi')) >= 0",
    message: 'storage.size must be at least 1Gi',
    holds: (spec) => bytesOf(spec.storage.size) >= VOLUME_BYTES_MIN,
    problem: (spec) => ({
      path: 'spec.storage.size',
      wrong: `${spec.storage.size} is too small for a member`,
      right: 'give at least 1Gi',
    }),
  },
  {
    at: 'spec.resources',
    // 0.3 and 300m are not quite the same float; nothing lies between two thousandths of a core.
    cel: `!has(self.limits.cpu) || ${celCores('requests')} < ${celCores('limits')} + 0.0005`,
    message: 'requests.cpu is above limits.cpu; lower it, or raise limits.cpu',
    holds: ({ resources: { requests, limits } }) =>
      limits.cpu === undefined || millicoresOf(requests.cpu) <= millicoresOf(limits.cpu),
    problem: ({ resources: { requests, limits } }) => ({
      path: 'spec.resources.requests.cpu',
      wrong: `${String(requests.cpu)} is above spec.resources.limits.cpu ${String(limits.cpu)}`,
      right: 'lower it, or raise limits.cpu',
    }),
  },
  {
    at: 'spec.resources',
    cel:
      '!has(self.requests.memory) || !has(self.limits.memory) || ' +
      'quantity(self.requests.memory).compareTo(quantity(self.limits.memory)) <= 0',
    message: 'requests.memory is above limits.memory; lower it, or raise limits.memory',
    holds: ({ resources: { requests, limits } }) =>
      bytesOf(requests.memory) <= bytesOf(limits.memory),
    problem: ({ resources: { requests, limits } }) => ({
      path: 'spec.resources.requests.memory',
      wrong: `${requests.memory} is above spec.resources.limits.memory ${limits.memory}`,
      right: 'lower it, or raise limits.memory',
    }),
  },
  {
    at: 'spec',
    cel:
      '!has(self.resources.limits.memory) || quantity(self.resources.limits.memory).asInteger() >= ' +
      `self.storage.cacheBytes + ${String(BESIDE_CACHE_BYTES)}`,
    message:
      'resources.limits.memory must be at least 256 MiB above storage.cacheBytes, or members would ' +
      'be killed once the cache is full',
    holds: ({ resources: { limits }, storage: { cacheBytes } }) =>
      bytesOf(limits.memory) >= cacheBytes + BESIDE_CACHE_BYTES,
    problem: ({ resources: { limits }, storage: { cacheBytes } }) => ({
      path: 'spec.resources.limits.memory',
      wrong:
        `${limits.memory} is less than 256 MiB above spec.storage.cacheBytes ` +
        `${String(cacheBytes)}: members would be killed once the cache is full`,
      right: `give at least ${quantityOf(cacheBytes + BESIDE_CACHE_BYTES)}, or lower cacheBytes`,
    }),
  },
];
