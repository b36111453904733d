import type { QueryOptions } from './connection.ts';
import type { DatabaseSettings } from './messages.ts';

const MAX_RESULT_BYTES = 64 * 2 ** 20;
const MAX_RESULT_ROWS = 100_000;
const QUERY_SHARE = 0.75;
/** `api_kpis` ends without ORDER BY and relies on the order of its left side. */
const ORDERED_JOINS = ["SET query_plan_join_swap_table = 'false'", "SET join_algorithm = 'hash'"];

/**
 * Server settings, which ClickHouse reads from a file before anything else. Its defaults are for a
 * machine of its own: a mark cache of 5 GB, 90 % of the memory, some twenty background threads.
 */
export function clickhouseConfig({ memoryLimitBytes, backupDir }: DatabaseSettings): string {
  const values = {
    max_server_memory_usage: memoryLimitBytes,
    mark_cache_size: Math.floor(memoryLimitBytes / 16),
    index_mark_cache_size: 0,
    uncompressed_cache_size: 0,
    mmap_cache_size: 0,
    background_pool_size: 2,
    background_merges_mutations_concurrency_ratio: 1,
    background_move_pool_size: 1,
    background_fetches_pool_size: 1,
    background_common_pool_size: 1,
    background_schedule_pool_size: 2,
    background_buffer_flush_schedule_pool_size: 1,
    background_message_broker_schedule_pool_size: 1,
    background_distributed_schedule_pool_size: 1,
  };
  const merges = {
    // Must not ask for more free threads than the pool has.
    number_of_free_entries_in_pool_to_lower_max_size_of_merge: 1,
    number_of_free_entries_in_pool_to_execute_mutation: 1,
    number_of_free_entries_in_pool_to_execute_optimize_entire_partition: 1,
  };
  const backups = `<backups><allowed_path>${escaped(backupDir)}</allowed_path></backups>\n`;
  return `<clickhouse>\n${xml(values)}${backups}<merge_tree>\n${xml(merges)}</merge_tree>\n</clickhouse>\n`;
}

/**
 * What a Session that answers requests may do: read, for a while, within bounds. `readonly` comes last
 * because it forbids every later SET; it also keeps `file()`, `url()` and writes out of reach. What groups
 * and sorts a lot goes to disk when it has half of the free memory, which is ClickHouse's own default.
 */
export function readerSettings(
  settings: DatabaseSettings,
  { isSorted = false }: Pick<QueryOptions, 'isSorted'> = {},
): string[] {
  return [
    `SET max_execution_time = ${settings.maxQuerySeconds}`,
    "SET timeout_overflow_mode = 'throw'",
    `SET max_memory_usage = ${Math.floor(settings.memoryLimitBytes * QUERY_SHARE)}`,
    `SET max_result_bytes = ${MAX_RESULT_BYTES}`,
    `SET max_result_rows = ${MAX_RESULT_ROWS}`,
    "SET result_overflow_mode = 'throw'",
    // Charts are short: threads that write them, and a look for counts that parts already hold, take a
    // fifth of a small question.
    'SET output_format_parallel_formatting = 0',
    'SET optimize_use_implicit_projections = 0',
    // Ghost Admin takes counts for numbers.
    'SET output_format_json_quote_64bit_integers = 0',
    ...(isSorted ? [] : ORDERED_JOINS),
    'SET readonly = 1',
  ];
}

/** One insert is one block, so that its deduplication token stands for all of its rows. */
export const writerSettings: readonly string[] = [
  'SET input_format_parallel_parsing = 0',
  'SET max_insert_threads = 1',
  'SET max_insert_block_size = 10000000',
  'SET min_insert_block_size_rows = 10000000',
  'SET min_insert_block_size_bytes = 1073741824',
  'SET parallel_view_processing = 0',
  // Years of events in one batch are a part for each month, and no fault of the batch.
  'SET max_partitions_per_insert_block = 0',
];

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function xml(values: Record<string, number>): string {
  const lines = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>\n`);
  return lines.join('');
}
