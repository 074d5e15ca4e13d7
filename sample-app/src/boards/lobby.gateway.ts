import { WebSocketGateway } from '@nestjs/websockets';
import { SubscribesTo } from 'nestjs-sockets';

/**
 * Announces new boards to whoever is signed in and connects to `/lobby`, without reading anything first. Private boards
 * are not published as created, so nobody hears of them here.
 */
@WebSocketGateway({ namespace: 'lobby' })
@SubscribesTo('board', { watch: ['created'] })
export class LobbyGateway {}
