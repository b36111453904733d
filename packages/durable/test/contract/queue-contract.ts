import { addingContract } from './adding.ts';
import { claimingContract } from './claiming.ts';
import { operatingContract } from './operating.ts';
import { settlingContract } from './settling.ts';
import { createContractWorld, type OpenStore } from './world.ts';

/** What every store promises of its queues, whatever database it is on. */
export function queueContract(openStore: OpenStore): void {
  const world = createContractWorld(openStore);
  addingContract(world);
  claimingContract(world);
  settlingContract(world);
  operatingContract(world);
}
