import type { Namespace } from 'socket.io';
import { Json } from '../../common/json.js';
import { isRecord } from '../../common/type-guards.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { VersionedChange } from '../record-versions/newest-versions.js';
import type { Announcement } from '../../server/cluster/journal/journal.js';
import { messageAround } from '../../server/cluster/server-messages.js';

/** The message that tells other servers of a publication. */
export const PUBLISHED = 'published';

/** The message that tells all servers of one whose own server has not done so. */
export const RELAYED = 'relayed';

/** The message as one audience sees it, and the rooms that it goes to. */
interface SentVersion {
  readonly rooms: readonly string[];
  /** Absent where it must not be sent. */
  readonly message?: Json;
  /** Whether it has the id of a record that would have been too large. */
  readonly isShortened?: boolean;
}

/** What a route has answered: the writer's view, of which each server shows its sockets what they may see. */
export interface SentAnswer {
  /** The rooms of the writer's own sockets. */
  readonly writer: readonly string[];
  /** Whether sockets are sent only what reads have shown them. */
  readonly isFiltered: boolean;
  /** The decorator and the route. */
  readonly by: string;
}

/** A publication as it leaves its server, and as a journal keeps it. It shows no more than was sent. */
export interface SentPublication {
  readonly resource: string;
  /** The rooms of the records, the slices and the collection that it is about. */
  readonly topics: readonly string[];
  /** The richest first. */
  readonly versions: readonly SentVersion[];
  readonly note: DeliveryNote;
  /** The rooms of sockets that are sent none of it. */
  readonly omitted: readonly string[];
  /** About how large its messages are as JSON. */
  readonly bytes: number;
  /** Which version of which record it is about, if the resource has versions. It is told to no client. */
  readonly change?: VersionedChange;
  /** Whether its messages may be anything: data without an envelope. */
  readonly isBare?: boolean;
  /** Set if it matters to whom it is sent. */
  readonly answer?: SentAnswer;
  /** Its key, if it is to be sent only if nothing with the same key was. */
  readonly once?: string;
  /** What follows from it on the other servers, if they hear of that by it: plain data. It is told to no client. */
  readonly consequences?: object;
}

/** Returns the rooms that a publication goes to. */
export function roomsIn({ versions }: SentPublication): string[] {
  return versions.flatMap(({ rooms }) => rooms);
}

/** Writes a publication as JSON, with its messages as they were written. */
export function jsonOf({ versions, ...publication }: SentPublication): Json {
  const texts = versions.map(({ message, ...version }) => {
    const rest = JSON.stringify(version);
    return message ? `{"message":${message.text},${rest.slice(1)}` : rest;
  });
  return Json.ofText(`{"versions":[${texts.join()}],${JSON.stringify(publication).slice(1)}`);
}

/**
 * Reads what another server, or a journal, says was published, which may be anything.
 *
 * @throws TypeError
 */
export function readSentPublication(told: unknown): SentPublication {
  if (!isPlainPublication(told)) throw new TypeError('It does not say what was published, and to whom.');
  const versions = told.versions.map((version) => {
    const { message, ...rest } = version as { message?: unknown } & Omit<SentVersion, 'message'>;
    return message === undefined ? rest : { ...rest, message: Json.of(message) };
  });
  return { ...told, versions };
}

function isPlainPublication(told: unknown): told is SentPublication {
  if (!isRecord(told) || !isRecord(told.note) || typeof told.note.id !== 'string') return false;
  const { resource, topics, versions, omitted, bytes, answer, isBare } = told;
  if (typeof resource !== 'string' || !Number.isFinite(bytes) || !areTexts(topics) || !areTexts(omitted)) return false;
  if (answer !== undefined && !(isRecord(answer) && areTexts(answer.writer))) return false;
  return Array.isArray(versions) && versions.every((version) => isVersion(version, isBare === true));
}

function isVersion(version: unknown, isBare: boolean): boolean {
  if (!isRecord(version) || !areTexts(version.rooms)) return false;
  // Clients read it without another look.
  return version.message === undefined || isBare || isEnvelope(version.message);
}

/** Whether this is a message of a resource, rather than data that is published as it is. */
export function isEnvelope(message: unknown): boolean {
  return isRecord(message) && typeof message.verb === 'string';
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

/** Returns how the other servers are told of a publication, whose place comes after it. */
export function announcementOf(sent: SentPublication, namespaces: readonly Namespace[]): Announcement {
  // What follows from it concerns servers besides those where somebody hears it.
  return { namespaces, rooms: sent.consequences ? undefined : roomsIn(sent), text: messageAround(PUBLISHED) };
}
