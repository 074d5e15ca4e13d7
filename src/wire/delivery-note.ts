/** The second argument of a publication's event: facts about the delivery, which plain listeners ignore. */
export interface DeliveryNote {
  /** Unique for each publication: the same for everybody who hears it. */
  id: string;
  /** What its originator calls the change that it tells of, if he gave it a name: by the header `Mutation-Id`, or the option `mutation`. */
  mutation?: string;
}
