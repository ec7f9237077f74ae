// What the operator reads of Kubernetes' own objects, and no more.
import type { KubeObject } from './api.ts';

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly schedulingGates?: readonly { readonly name: string }[];
    readonly affinity?: Affinity;
  };
  readonly status?: {
    readonly phase?: string;
    readonly podIP?: string;
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export interface Affinity {
  readonly nodeAffinity?: {
    readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly {
      readonly weight: number;
      readonly preference: SelectorTerm;
    }[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
  };
}

export interface Claim extends KubeObject {
  readonly spec: {
    readonly volumeName?: string;
    /** What its volume is to be filled with; set for every kind of source. */
    readonly dataSourceRef?: object;
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly capacity?: { readonly storage?: string };
  };
}

export interface Volume extends KubeObject {
  readonly spec: {
    readonly nodeAffinity?: {
      readonly required?: { readonly nodeSelectorTerms: readonly SelectorTerm[] };
    };
  };
}

interface SelectorTerm {
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

export interface StatefulSet extends KubeObject {
  readonly spec: { readonly replicas: number; readonly [field: string]: unknown };
}

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export interface Secret extends KubeObject {
  readonly type?: string;
  /** base64 */
  readonly data?: Readonly<Record<string, string>>;
}

/** A machine of the Kubernetes cluster. */
export interface Host extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly { readonly key: string; readonly timeAdded?: string }[] | null;
  };
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly lastTransitionTime?: string;
    }[];
  };
}

/** A DhtCluster as it is stored: its spec may be any that some API server let pass. */
export interface ClusterObject extends KubeObject {
  readonly spec?: unknown;
  readonly status?: Readonly<Record<string, unknown>>;
}
