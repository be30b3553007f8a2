-- Whether the clock is doubted says the last record on it, without a walk through the chain. Few are ever written.
CREATE INDEX records_clock ON records (keeper, epoch, sequence) WHERE kind = 'clock';
