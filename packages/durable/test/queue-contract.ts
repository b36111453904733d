import { addingContract } from './contract/adding.ts';
import { claimingContract } from './contract/claiming.ts';
import { operatingContract } from './contract/operating.ts';
import { settlingContract } from './contract/settling.ts';
import { createContractWorld, type OpenStore } from './contract/world.ts';

/** What every store promises of its queues, whatever database it is on. */
export function queueContract(openStore: OpenStore): void {
  const world = createContractWorld(openStore);
  addingContract(world);
  claimingContract(world);
  settlingContract(world);
  operatingContract(world);
}
