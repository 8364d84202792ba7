/**
 * Saves that are records before they are pairs: the segments of this process and of others, what is
 * appended, synced, found, made into pairs and adopted. How an entry is saved or looked up it does
 * not know; pairs are made by whom it is given.
 */
@NullMarked
package io.warmstart.journal;

import org.jspecify.annotations.NullMarked;
