// The client library reads kubeconfigs and proves who we are; its other half, a method and a class for
// each thing that Kubernetes knows, we never call. That half is 20 MB of source, and took 40 MB of an
// operator's memory and a third of a second of each `kubectl dht`. Once this module was evaluated, the
// library's config.js takes the two small functions that it wants from light-parts.ts.
import { registerHooks } from 'node:module';

const CONFIG = '/@kubernetes/client-node/dist/config.js';
const GENERATED = './gen/index.js';
const PARTS = import.meta.url.replace('light-client', 'light-parts');

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === GENERATED && context.parentURL?.endsWith(CONFIG) === true
      ? { url: PARTS, shortCircuit: true }
      : next(specifier, context),
});
