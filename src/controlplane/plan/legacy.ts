import { keyOf, keyText } from '../resources/key.ts';
import { matchesLabels } from '../resources/labels.ts';
import { convertPeeringPolicy } from '../resources/legacy.ts';
import type { CiliumBGPNodeConfigOverride, CiliumBGPPeeringPolicy, Resource } from '../resources/types.ts';
import { ResourceSet } from './resource-set.ts';
import type { InstanceError, NodeFacts } from './types.ts';

/** Names of what a policy is turned into start with this: nothing that is applied has such a name. */
const PREFIX = 'CiliumBGPPeeringPolicy/';

export function isConverted(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * The resources with the node's CiliumBGPPeeringPolicy said in the kinds that came after it. Several of them on one node are an error, and none counts; a
 * CiliumBGPClusterConfig on the node goes before any.
 */
export function withConvertedPolicy(
  resources: ResourceSet,
  facts: NodeFacts,
): { readonly resources: ResourceSet; readonly errors: readonly InstanceError[] } {
  const node = resources.find('CiliumNode', facts.name) ?? nodeWithoutCluster(facts);
  if (node === undefined) return { resources, errors: [] };
  const selects = ({ spec: { nodeSelector = {} } }: Pick<CiliumBGPPeeringPolicy, 'spec'>) =>
    matchesLabels(nodeSelector, node.metadata.labels ?? {});
  const [policy, ...others] = resources.all('CiliumBGPPeeringPolicy').filter(selects);
  if (policy === undefined) return { resources, errors: [] };
  const isConfigured = resources
    .all('CiliumBGPClusterConfig')
    .some(({ spec: { nodeSelector = {} } }) => matchesLabels(nodeSelector, node.metadata.labels ?? {}));
  if (isConfigured) return { resources, errors: [] };
  if (others.length > 0) {
    const names = [policy, ...others].map(({ metadata }) => metadata.name);
    const message = `none is used, as several select this node: [${names.join(' ')}]`;
    return { resources, errors: [{ instance: 'CiliumBGPPeeringPolicy', message }] };
  }
  const { metadata, ...rest } = policy;
  const converted = convertPeeringPolicy({ ...rest, metadata: { ...metadata, name: PREFIX + metadata.name } }, node);
  const together = new ResourceSet(resources.values());
  const made: Resource[] = [converted.clusterConfig, ...converted.peerConfigs, ...converted.advertisements];
  if (converted.override) made.push(withOverride(resources, converted.override));
  for (const resource of made) together.set(keyText(keyOf(resource)), resource);
  return { resources: together, errors: [] };
}

function nodeWithoutCluster({ name, labels }: NodeFacts) {
  return labels === undefined ? undefined : { metadata: { name, labels } };
}

/** What annotations of the node say, beside its override when it has one. */
function withOverride(resources: ResourceSet, made: CiliumBGPNodeConfigOverride): CiliumBGPNodeConfigOverride {
  const given = resources.find('CiliumBGPNodeConfigOverride', made.metadata.name);
  if (given === undefined) return made;
  return { ...given, spec: { bgpInstances: [...given.spec.bgpInstances, ...made.spec.bgpInstances] } };
}
