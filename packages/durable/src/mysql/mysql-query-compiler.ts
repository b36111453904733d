import {
  type CreateIndexNode,
  type CreateTableNode,
  type DataTypeNode,
  MysqlQueryCompiler,
  TableNode,
} from 'kysely';

const dataTypes: Record<string, string> = {
  integer: 'bigint',
  text: 'longtext',
  blob: 'longblob',
};

/** Compiles what is written for both databases into what MySQL 8 and MariaDB share. */
export class StoreMysqlCompiler extends MysqlQueryCompiler {
  readonly #prefix: string;

  constructor(prefix: string) {
    super();
    this.#prefix = prefix;
  }

  /** No statement of ours gives a table another name, so what names one is always to be prefixed. */
  protected override visitTable({ table }: TableNode): void {
    super.visitTable(TableNode.create(this.#prefix + table.identifier.name));
  }

  protected override visitDataType(node: DataTypeNode): void {
    this.append(dataTypes[node.dataType] ?? node.dataType);
  }

  protected override visitCreateTable(node: CreateTableNode): void {
    super.visitCreateTable(node);
    // SQLite compares byte by byte, and so do ids and addresses.
    this.append(' engine=InnoDB default character set utf8mb4 collate utf8mb4_bin');
  }

  /** MySQL has no partial index. */
  protected override visitCreateIndex(node: CreateIndexNode): void {
    const { where: _, ...full } = node;
    super.visitCreateIndex(full);
  }
}
