import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app.tsx';
import { applyTheme } from './frame/theme.ts';
import { fadeNotices, Room, RoomProvider } from './state/room.ts';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import './styles/frame.css';
import './styles/backends.css';
import './styles/charts.css';
import './styles/pools.css';
import './styles/dialog.css';

const NOTICE_MS = 8_000;

effect(applyTheme);
const room = new Room();
fadeNotices(room, NOTICE_MS);
room.enter();
render(
  <RoomProvider value={room}>
    <App />
  </RoomProvider>,
  document.getElementById('room') as HTMLElement,
);
