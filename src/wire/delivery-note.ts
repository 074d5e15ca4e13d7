/** The second argument of a publication's event: facts about the delivery, which plain listeners ignore. */
export interface DeliveryNote {
  /** Unique for each publication: the same for everybody who hears it. */
  id: string;
}
