// The node at one moment: metrics that are read from one picture fit one another, and what is costly to
// count is counted once.
import type { NodeReport } from '../core/api/admin.ts';
import type { RingDocument } from '../core/api/ring-document.ts';
import type { Driver } from './driver.ts';
import type { HttpMeter } from './http-meter.ts';
import { peersByState, ringSlots, slotsByState } from './ring-counts.ts';
import type { PeersByState, RingSlots, SlotsByState } from './ring-counts.ts';
import type { Storage, StorageStats } from './storage/storage.ts';
import type { Transport, TransportStats } from './transport/transport.ts';

export interface MetricsSources {
  readonly driver: Driver;
  readonly storage: Pick<Storage, 'stats'>;
  readonly transport: Pick<Transport, 'stats'>;
  readonly http: HttpMeter;
  /** Client requests whose answer has not left yet. */
  readonly inFlight: () => number;
  /** Ends the observers of the process. */
  readonly signal: AbortSignal;
}

export interface Picture {
  readonly document: RingDocument | null;
  readonly report: NodeReport;
  readonly slots: SlotsByState;
  readonly ringSlots: RingSlots;
  readonly peers: PeersByState;
  readonly store: StorageStats;
  readonly transport: TransportStats;
}

/** Takes a picture at each call. Slots are counted anew only where the ring or who is silent changed. */
export function photographer({ driver, storage, transport }: MetricsSources): () => Picture {
  let counted = '';
  let slots = slotsByState(null, driver.report());
  let ofRing = ringSlots(null, { silentPeers: [] });
  return () => {
    const { document } = driver;
    const report = driver.report();
    const { uncleanSlots: unclean, unequalSlots: unequal, incarnation, silentPeers } = report;
    const circumstances = [report.documentHash, incarnation, ...silentPeers].join(' ');
    if (circumstances !== counted) {
      counted = circumstances;
      slots = slotsByState(document, report);
      ofRing = ringSlots(document, report);
    }
    return {
      document,
      report,
      slots: { ...slots, unclean, unequal },
      ringSlots: ofRing,
      peers: peersByState(document, report),
      store: storage.stats(),
      transport: transport.stats(),
    };
  };
}
