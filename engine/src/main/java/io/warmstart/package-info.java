/** A warm-start store: long fits save checkpoints under a key, later fits start from the best. */
package io.warmstart;
