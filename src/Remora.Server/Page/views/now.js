// The first view: whether entries are allowed now. The whole market, every pair, and one pair in
// full.
import { make } from '../dom.js';
import { known } from '../knowledge.js';
import { pairDetail } from '../parts/pair-detail.js';
import { pairList } from '../parts/pair-list.js';
import { wholeMarket } from '../parts/whole-market.js';

export const now = {
  name: '',
  title: 'Now',

  show(main, query, signal) {
    const whole = wholeMarket(signal);
    const detail = pairDetail(signal);
    const choose = key => {
      detail.show(key);
      list.mark(key);
    };
    const list = pairList(signal, choose);
    main.replaceChildren(whole, make('div', { class: 'now' }, list.element, detail.element));
    const wanted = query.get('market');
    const begin = () => choose(known.markets.find(({ key }) => key === wanted)?.key ?? known.markets[0]?.key ?? null);
    begin();
    known.on('markets', begin, signal);
  },
};
