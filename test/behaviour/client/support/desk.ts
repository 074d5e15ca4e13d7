import {
  All,
  BadRequestException,
  Body,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  Req,
  StreamableFile,
} from '@nestjs/common';
import { once, EventEmitter } from 'node:events';
import { Resourceful, SubscribeOnRead, type HttpRequest } from '../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../support/application.js';

export interface Note {
  id: number;
  text: string;
}

/** What was done, in order. */
@Injectable()
export class Journal {
  readonly entries: string[] = [];
  private readonly changes = new EventEmitter();

  write(entry: string): void {
    this.entries.push(entry);
    this.changes.emit('change');
  }

  async has(entry: string): Promise<void> {
    while (!this.entries.includes(entry)) await once(this.changes, 'change');
  }

  count(entry: string): number {
    return this.entries.filter((each) => each === entry).length;
  }
}

@Controller('notes')
@Resourceful('note', { idType: 'number' })
export class NotesController {
  readonly notes: Note[] = [{ id: 1, text: 'first' }];
  /** To whoever reads. */
  isClosed = false;
  before: (() => Promise<unknown>) | undefined;

  constructor(private readonly journal: Journal) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  async find(): Promise<Note[]> {
    this.journal.write('read');
    await this.before?.();
    if (this.isClosed) throw new ForbiddenException();
    return this.notes;
  }

  @Post()
  create(@Body() { text }: { text: string }): Note {
    this.journal.write(text);
    const note = { id: this.notes.length + 1, text };
    this.notes.push(note);
    return note;
  }
}

/** Routes that answer when the test lets them. */
@Controller()
export class DeskController {
  private open = (): void => undefined;
  private readonly opened = new Promise<void>((resolve) => (this.open = resolve));

  constructor(private readonly journal: Journal) {}

  @All('echo')
  echo(
    @Req() { method, query, headers, body }: HttpRequest & { method: string; query: unknown; body: unknown },
  ): object {
    return { method, query, headers, body };
  }

  @Post('bytes')
  bytes(@Req() { body }: { body: Uint8Array }): StreamableFile {
    return new StreamableFile(Buffer.from(body));
  }

  /** Is not answered until the gate opens. */
  @All('gate/:name')
  async wait(@Param('name') name: string): Promise<object> {
    this.journal.write(name);
    await this.opened;
    return { name };
  }

  @Get('fails/:kind')
  fail(@Param('kind') kind: string): never {
    const failures: Record<string, Error> = {
      named: new HttpException({ statusCode: 409, code: 'TAKEN', message: 'somebody was first', by: 'ada' }, 409),
      plain: new NotFoundException('no such note'),
      validation: new BadRequestException(['text must be a string', 'text is too short']),
      text: new HttpException('go away', 403),
      silent: new HttpException({}, 429),
      unexpected: new Error('the database is at 10.0.0.7'),
    };
    throw failures[kind] ?? new Error('there is no such failure');
  }

  @Get('status/:status')
  refuse(@Param('status', ParseIntPipe) status: number): never {
    throw new HttpException({}, status);
  }

  openGate(): void {
    this.open();
  }
}

/** An application with notes, a desk, and a journal of what was done. */
export async function startDesk(
  options: ApplicationOptions = {},
): Promise<{ app: TestApplication; journal: Journal; desk: DeskController }> {
  const app = await start({
    controllers: [NotesController, DeskController],
    providers: [Journal],
    ...options,
  });
  return { app, journal: app.get(Journal), desk: app.get(DeskController) };
}
