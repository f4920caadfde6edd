/** The shape of a catalogue with every text widened to string: English must have exactly the Chinese keys. */
export type Catalogue<T> = { [Key in keyof T]: T[Key] extends string ? string : Catalogue<T[Key]> }
