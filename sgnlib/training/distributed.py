"""Several processes that train one run together, each with its share of every batch.

All draws are functions of (seed, step), so every rank makes all of them, for the whole batch, and
takes its share: N ranks see the S, the images and the pool of one process. What they exchange is
the gradients' mean, once per update as one vector; the translations, for the pool; and the losses.

torch's DistributedDataParallel would not fit: it hooks one forward to one backward, while here the
generator runs up to twice per step (the way back home), under weights of the discriminators that
are frozen in one update and trained in the next, by those domains alone that a batch asks for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar, cast

import torch
import torch.distributed as dist
from torch import Tensor

T = TypeVar("T")
Facts = Mapping[str, str | int]

PATIENCE = timedelta(minutes=10)
"""How long a rank waits for another one. Where a process dies, its connections end, and the others
notice at once; this is for those that hang."""


class LostRank(RuntimeError):
    """Another rank has ended or does not answer."""


class Disagreement(RuntimeError):
    """The ranks would not train the same run."""


class Group:
    """The processes that train one run: this one alone. `Ranks` is the same for several.

    Attributes:
        device: This process's.
        rank: This process's number; the first one, 0, is the only one that writes files.
        size: How many there are.
    """

    rank = 0
    size = 1

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files."""
        return self.rank == 0

    def share(self, batch: Tensor) -> Tensor:
        """This rank's part of what was drawn for the whole batch."""
        return batch

    def gather(self, share: Tensor) -> Tensor:
        """The whole batch, put together from the ranks' parts, on each of them."""
        return share

    def mean_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Gives every rank the mean of the ranks' gradients: those of the whole batch's mean loss.

        Which parameters have a gradient must be the same on all ranks.
        """

    def means(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """The ranks' means of scalars; their names must be the same on all ranks."""
        return losses

    def any(self, flag: bool) -> bool:
        """Whether a flag is set on at least one rank."""
        return flag

    def from_first(self, make: Callable[[], T]) -> T:
        """What `make` returns on the first rank; it is called there alone."""
        return make()

    def agree(self, facts: Callable[[], Facts]) -> None:
        """Sees to it that facts are the same on all ranks; they are asked for if there are several.

        Raises:
            Disagreement: A fact differs; the message says which, and on which ranks.
        """

    def barrier(self) -> None:
        """Waits until all ranks are here."""


class Ranks(Group):
    """This process among several that torchrun started.

    All methods that exchange something are called by all ranks in the same order.

    Raises:
        LostRank: From any of these methods.
    """

    def __init__(self, device: torch.device, control: dist.ProcessGroup) -> None:
        super().__init__(device)
        self.rank = dist.get_rank()
        self.size = dist.get_world_size()
        self._control = control

    def share(self, batch: Tensor) -> Tensor:
        """Rows rank x n to (rank + 1) x n, where n is the length over the number of ranks."""
        return batch.chunk(self.size)[self.rank]

    def gather(self, share: Tensor) -> Tensor:
        """The ranks' shares in the order of ranks."""
        share = share.contiguous()
        shares = [torch.empty_like(share) for _ in range(self.size)]
        with self._together():
            dist.all_gather(shares, share)
        return torch.cat(shares)

    def mean_gradients(self, parameters: Iterable[Tensor]) -> None:
        """One vector with all gradients goes around; every rank gets the same bits."""
        gradients = [p.grad for p in parameters if p.grad is not None]
        mean = self._mean(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = mean.split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def means(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """One vector with all losses goes around."""
        mean = self._mean(torch.stack(list(losses.values())))
        return dict(zip(losses, mean, strict=True))

    def any(self, flag: bool) -> bool:
        """On the CPU: nobody waits for a GPU, and a rank that has died is noticed here."""
        most = torch.tensor(int(flag))
        with self._together():
            dist.all_reduce(most, dist.ReduceOp.MAX, group=self._control)
        return bool(most)

    def from_first(self, make: Callable[[], T]) -> T:
        """A Python object goes around; tensors in it lie on the CPU."""
        box = [make() if self.first else None]
        with self._together():
            dist.broadcast_object_list(box, group=self._control)
        return box[0]  # type: ignore[return-value]

    def agree(self, facts: Callable[[], Facts]) -> None:
        """Every rank gets all facts, so that all end with the same error."""
        known: list[Facts] = [{}] * self.size
        with self._together():
            dist.all_gather_object(known, facts(), group=self._control)
        for name in known[0]:
            if len({theirs[name] for theirs in known}) > 1:
                told = ", ".join(f"{theirs[name]} on rank {i}" for i, theirs in enumerate(known))
                raise Disagreement(
                    f"the ranks differ in {name}: {told}. All need the same code, packages, "
                    "arguments and images"
                )

    def barrier(self) -> None:
        """Waits on the CPU."""
        self.any(False)

    def _mean(self, vector: Tensor) -> Tensor:
        with self._together():
            dist.all_reduce(vector)
        return vector / self.size

    @contextmanager
    def _together(self) -> Iterator[None]:
        try:
            yield
        except RuntimeError as error:
            raise LostRank(
                f"rank {self.rank} of {self.size}: another rank has ended or has not answered for "
                f"{PATIENCE.total_seconds():g} s; its own message, or its machine's log, says why. "
                "The same command goes on from the last checkpoint"
            ) from error


@contextmanager
def joined(device: torch.device, batch_size: int) -> Iterator[Group]:
    """The group in which torchrun has started this process; else, this process alone.

    Args:
        device: "cuda" without a number is the GPU with this rank's number on its machine.
        batch_size: Images per step of all ranks together.

    Raises:
        ValueError: The batch cannot be shared evenly, or a rank has no GPU of its own.
        LostRank: Not all ranks have come.
    """
    size = int(os.environ.get("WORLD_SIZE", 1)) if "RANK" in os.environ else 1
    if size == 1:
        yield Group(device)
        return
    if batch_size % size:
        fitting = [n for n in range(1, batch_size + 1) if batch_size % n == 0]
        raise ValueError(
            f"a batch of {batch_size} cannot be shared evenly by {size} ranks; start "
            f"{', '.join(map(str, fitting))} (torchrun --nproc-per-node)"
        )
    device = _own(device)
    try:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    except RuntimeError as error:
        raise LostRank(f"not all of {size} ranks have come: {error}") from error
    control = dist.new_group(backend="gloo", timeout=PATIENCE)
    yield Ranks(device, cast("dist.ProcessGroup", control))  # -100 is for those who are not in it
    dist.destroy_process_group()  # after an error it might wait for those that are gone


def _own(device: torch.device) -> torch.device:
    """The rank's own device."""
    if device.type != "cuda":
        return device
    local, there = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if device.index is not None or local >= there:
        raise ValueError(
            f"every rank needs a GPU of its own: device {str(device)!r}, rank {local} of this "
            f"machine, which has {there}; say 'cuda' or 'auto', and start at most {there} ranks"
        )
    own = torch.device("cuda", local)
    torch.cuda.set_device(own)
    return own
