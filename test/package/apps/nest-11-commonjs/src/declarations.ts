/** Compiles only where the declarations of the package are found and know their peers: nothing in them is `any`. */
import type { Socket } from 'socket.io';
import { SocketsService, type ResourceChannel, type SocketsModuleOptions } from 'nestjs-sockets';
import { SocketsClient, type ClientResponse } from 'nestjs-sockets/client';
import { cls } from 'nestjs-sockets/nestjs-cls';
import { typeOrm } from 'nestjs-sockets/typeorm';

type IsAny<T> = 0 extends 1 & T ? true : false;

export const known: Record<string, false> = {
  service: false as IsAny<SocketsService>,
  server: false as IsAny<SocketsService['server']>,
  socket: false as IsAny<NonNullable<ReturnType<SocketsService['get']>>>,
  channel: false as IsAny<ResourceChannel<{ id: number }>>,
  integrations: false as IsAny<ReturnType<typeof cls | typeof typeOrm>>,
  client: false as IsAny<SocketsClient>,
  answer: false as IsAny<Awaited<ReturnType<SocketsClient['get']>>>,
};

export const server: Pick<Socket['nsp']['server'], 'sockets'> = {} as SocketsService['server'];
export const body: string = ({} as ClientResponse<string>).body;
/** What an entry point of its own declares fits the main one's options. */
export const options: SocketsModuleOptions = { transactions: [cls(), typeOrm()] };
