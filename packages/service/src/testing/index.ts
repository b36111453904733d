export { commandOf } from './command-of.ts';
export { freePort } from './free-port.ts';
export { type PackedPackage, packed } from './packed.ts';
export { seededRandom } from './seeded-random.ts';
export { machineEnv, runCommand, type ServiceProcess, spawnService } from './service-process.ts';
export {
  createSimulatedClocks,
  recordInMemory,
  type SimulatedClocks,
} from './simulated-clocks.ts';
export { mountSmallDisk, type SmallDisk } from './small-disk.ts';
