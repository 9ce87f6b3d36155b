// The end of a row: what is done often as buttons, editing, and the rest behind "More", removing last.
import { ActionIcon, Menu } from "@mantine/core";
import { Ellipsis, Pencil, Trash2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Remove } from "./remove";
import classes from "./table.module.css";

interface RowActionsProps {
  name: string;
  /** Buttons. */
  children?: ReactNode;
  edit: () => void;
  /** Items of the menu. */
  more: ReactNode;
  remove: { what: string; path: string; consequence: string; forcible?: boolean };
}

export function RowActions({ name, children, edit, more, remove }: RowActionsProps) {
  const [removing, setRemoving] = useState(false);
  return (
    <span className={`${classes.cell} ${classes.actions}`}>
      {children}
      <ActionIcon onClick={edit} aria-label={`Edit ${name}`} title="Edit">
        <Pencil size={14} />
      </ActionIcon>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`More for ${name}`} title="More">
            <Ellipsis size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {more}
          <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setRemoving(true)}>
            Remove
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {removing && <Remove {...remove} close={() => setRemoving(false)} />}
    </span>
  );
}
