import { connectionState, onConnectionChange } from '../live/connection.js';
import { byId } from './dom.js';

const labels = { connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting', offline: 'Offline' };

export function initConnection() {
  onConnectionChange(() => {
    const now = connectionState();
    const output = byId('connection');
    output.dataset.state = now;
    output.textContent = labels[now];
  });
}
