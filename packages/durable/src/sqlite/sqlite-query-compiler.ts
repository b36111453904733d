import { type SelectModifierNode, SqliteQueryCompiler } from 'kysely';

/** Compiles what is written for both databases into what SQLite knows. */
export class StoreSqliteCompiler extends SqliteQueryCompiler {
  /** `for update`, `skip locked`: SQLite has one writer and no such words. */
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (node.modifier !== 'ForUpdate' && node.modifier !== 'SkipLocked') {
      super.visitSelectModifier(node);
    }
  }

  /** An `integer primary key` counts by itself; the word would only cost a table more. */
  protected override getAutoIncrement(): string {
    return '';
  }
}
