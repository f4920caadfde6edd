/** `D10273` of `示A·D10273`: enough to tell cars of one fleet apart. */
export function shortPlate(plate: string): string {
  return plate.split('·').pop() ?? plate
}

/** New-energy plates carry six characters after the city letter, and a green edge. */
export function isNewEnergy(plate: string): boolean {
  return shortPlate(plate).length === 6
}
