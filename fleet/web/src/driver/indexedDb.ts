import type { Tap, TapStore } from '@/driver/outbox'

const DATABASE = 'motorpool'
const STORE = 'outbox'

/** Taps in IndexedDB: they outlive a reload, a crash and an empty battery. */
export class IndexedDbTaps implements TapStore {
  private opened: Promise<IDBDatabase> | null = null

  all(): Promise<Tap[]> {
    return this.within('readonly', (store) => store.getAll() as IDBRequest<Tap[]>)
  }

  async add(tap: Omit<Tap, 'seq'>): Promise<Tap> {
    const seq = await this.within('readwrite', (store) => store.add(tap) as IDBRequest<number>)
    return { ...tap, seq }
  }

  async put(tap: Tap): Promise<void> {
    await this.within('readwrite', (store) => store.put(tap))
  }

  async remove(seq: number): Promise<void> {
    await this.within('readwrite', (store) => store.delete(seq))
  }

  private async within<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    this.opened ??= open()
    const transaction = (await this.opened).transaction(STORE, mode)
    const request = act(transaction.objectStore(STORE))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result)
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error('outbox not stored'))
    })
  }
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'seq', autoIncrement: true })
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('no storage'))
  })
}
